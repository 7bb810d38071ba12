"""垃圾分类: Waste sorting. What the plugin contributes stands in ``plugin``."""
