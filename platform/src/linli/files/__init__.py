"""Attachments and where their bytes lie."""
