"""Discovery, registry, enablement and checks of plugins."""
