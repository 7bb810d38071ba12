"""Accounts, sign-in, sessions, one-time codes, invitations and API tokens."""
