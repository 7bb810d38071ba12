"""Manifests: a street office declared in one TOML file, applied as often as one likes and exported again."""
