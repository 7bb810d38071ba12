"""Acts that take two people: one asks, another approves, and only then it happens, once.

What such an act does belongs to the domain that registers it; here is only who may ask, see and decide.
"""

from linli.approvals.acts import Act, ApprovalRequired
from linli.approvals.service import (
    ask_approval,
    needs_approval,
    require_approved,
)

__all__ = ["Act", "ApprovalRequired", "ask_approval", "needs_approval", "require_approved"]
