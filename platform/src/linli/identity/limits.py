"""The numbers of signing in, each with its reason. None of them is a number of law."""

from __future__ import annotations

MINUTE, HOUR, DAY = 60, 3_600, 86_400

# Sessions, in seconds.
#: Staff sign in again each working day (ASVS 5.0 7.3.2 asks for an absolute limit; one shift is twelve hours at most).
STAFF_SESSION = 12 * HOUR
#: Residents use their own phones: a month, so that the elderly need not sign in for every notice.
RESIDENT_SESSION = 30 * DAY
#: A session that nobody used for two weeks ends (ASVS 5.0 7.3.1).
IDLE_SESSION = 14 * DAY
#: Time to type the second factor after the first.
WAITING_SESSION = 10 * MINUTE
#: A session's last use is written down at most this often.
TOUCH_EVERY = 5 * MINUTE
#: Sessions of one account; the one unused for longest gives way.
MOST_SESSIONS = 20

# Passwords (ASVS 5.0 6.2.1, 6.2.9: at least 8, long ones allowed, no composition rules).
PASSWORD_SHORTEST = 8
PASSWORD_LONGEST = 128

# One-time codes: 1 million values, five tries: one guess in 200,000 (NIST SP 800-63B 5.1.3.2 asks for 20 bits).
CODE_DIGITS = 6
CODE_TRIES = 5
CODE_LIFE = 5 * MINUTE

# TOTP: RFC 6238 with its own defaults; one step of clock error either way.
TOTP_STEP = 30
TOTP_DRIFT = 1
RECOVERY_CODES = 10

#: An invitation may lie over a weekend and a holiday, not longer.
INVITATION_LIFE = 7 * DAY

# API tokens live a year at most; forgotten ones die by themselves.
TOKEN_LONGEST_DAYS = 365
MOST_TOKENS = 20
