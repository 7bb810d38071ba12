"""One act in many communities at once: seen before, confirmed, done one by one, and taken back where it can be."""
