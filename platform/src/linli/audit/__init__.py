"""The append-only, hash-chained record of who did what. Each row is bound to the one before it, per tenant."""

from linli.audit.record import record

__all__ = ["record"]
