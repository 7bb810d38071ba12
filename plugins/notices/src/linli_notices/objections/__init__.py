"""Objections 异议 and comments 意见 on a notice: filed in its days, answered by staff, shown to others by its rule."""
