"""Pick-ups that people book 上门回收预约, and bins that they report as full 满桶报告."""
