"""Pages about signing in and the own account. They name no street and work without scripts."""

from linli.identity.portal import (
    account_pages,
    factor_pages,
    invitation_pages,
    recovery_pages,
    sign_in_pages,
    token_pages,
)

account = [
    *sign_in_pages.PAGES,
    *factor_pages.PAGES,
    *recovery_pages.PAGES,
    *invitation_pages.PAGES,
    *account_pages.PAGES,
    *token_pages.PAGES,
]

admin = invitation_pages.ADMIN

__all__ = ["account", "admin"]
