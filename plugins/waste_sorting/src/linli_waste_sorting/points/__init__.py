"""Points 积分: earned by sorting, kept for the household, redeemed for small things; a ledger that only grows."""
