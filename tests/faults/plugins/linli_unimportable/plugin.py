"""It needs something that is not installed."""

import linli_what_nobody_installed  # type: ignore[import-not-found]  # noqa: F401
