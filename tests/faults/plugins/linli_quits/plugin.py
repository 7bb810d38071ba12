"""It exits when it is imported."""

import sys

sys.exit("not on this machine")
