"""Pages of messages: the inbox and its preferences in every portal, the street's words, and what became of sending."""

from linli.notifications.portal.deliveries import pages as _deliveries
from linli.notifications.portal.inbox import pages as _inbox
from linli.notifications.portal.preferences import pages as _preferences
from linli.notifications.portal.words import pages as _words

resident = [*_inbox, *_preferences]
admin = [*_inbox, *_preferences, *_deliveries]
console = [*_inbox, *_preferences, *_words, *_deliveries]
