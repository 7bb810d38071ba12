"""Inspection of sorting 分类检查: rounds, what follows for a household, and its objections."""
