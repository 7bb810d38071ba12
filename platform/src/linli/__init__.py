"""Linli 邻里: a multi-tenant platform on which street offices run residential self-governance."""
