"""Engine, unit of work, row-level security, base model, migrations and the embedded server."""
