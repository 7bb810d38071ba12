"""Telling people: an inbox for each, channels beside it, words in each reader's language, and hours of rest."""

from linli.notifications import delivery, tidings
from linli.notifications.context import Term
from linli.notifications.recipients import Recipient, holders_of, recipients_in, staff_in
from linli.notifications.service import notified_by_building, notify

# Imported for what they declare: background work, and what the core itself tells people.
_ = (delivery, tidings)

__all__ = [
    "Recipient",
    "Term",
    "holders_of",
    "notified_by_building",
    "notify",
    "recipients_in",
    "staff_in",
]
