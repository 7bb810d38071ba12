"""Roles, permissions, and grants with a place and a term."""
