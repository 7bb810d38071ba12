"""Telling the planner how large the register has become, where many rows were written at once."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

_MEASURE = text("SELECT core.measure_register()")


def measure_register(session: Session) -> None:
    """Renew the planner's statistics of the register's tables, within this transaction.

    Tables that were filled a moment ago are taken for empty: whoever joins them next would walk a whole community for
    each of its rows.
    """
    session.execute(_MEASURE)
