"""Bin watch 桶站值守: who stands by which station when, who came, and for how long."""
