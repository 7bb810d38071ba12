"""What the web remembers of requests: answers that retries get again, unsent forms, what people keep of lists."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Index, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from linli.db.base import Base, Stamped, StreetOrCommunityRow
from linli.db.sealed import sealed


class IdempotencyKey(Base, StreetOrCommunityRow, Stamped):
    """One request with an Idempotency-Key that was carried out, and how it was answered.

    Its ``id`` is made of tenant, community, caller, route and key, so that nobody can ask for another's.
    """

    __tablename__ = "idempotency_key"
    __keys__ = (Index("ix_idempotency_key_created", "tenant_id", "created_at"),)

    #: Whose request it was; ``None`` for a caller who was not signed in.
    account_id: Mapped[UUID | None]
    #: Method and path template, for whoever has to explain a row.
    route: Mapped[str]
    #: A keyed hash of what was asked: the same key with something else is refused.
    fingerprint: Mapped[bytes]
    #: ``None`` only inside the transaction that carries the request out.
    status: Mapped[int | None]
    headers: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    body_ct: Mapped[bytes | None] = mapped_column(info=sealed("idempotency_key", "body"))


class FormDraft(Base, StreetOrCommunityRow, Stamped):
    """What one person typed into one form and has not sent.

    Its ``id`` is made of street, community, person and form, so that nobody can ask for another's.
    """

    __tablename__ = "form_draft"
    __keys__ = (
        Index("ix_form_draft_account", "tenant_id", "account_id", "updated_at"),
        Index("ix_form_draft_updated", "tenant_id", "updated_at"),
    )

    account_id: Mapped[UUID]
    #: The path that the form is sent to.
    form: Mapped[str]
    values_ct: Mapped[bytes] = mapped_column(info=sealed("form_draft", "values"))


class ListView(Base, StreetOrCommunityRow, Stamped):
    """A view of a list that one person keeps at one place; without a title, which columns they look at otherwise."""

    __tablename__ = "list_view"
    __keys__ = (
        CheckConstraint("char_length(title) <= 20 AND char_length(query) <= 2000", name="length"),
        UniqueConstraint(
            "tenant_id",
            "community_id",
            "account_id",
            "table_name",
            "title",
            name="uq_list_view_title",
            postgresql_nulls_not_distinct=True,
        ),
    )

    account_id: Mapped[UUID]
    #: The list's owner and name: ``core.residents``.
    table_name: Mapped[str]
    title: Mapped[str] = mapped_column(server_default="")
    #: Filters and order as the page's address carries them.
    query: Mapped[str] = mapped_column(server_default="")
    columns: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    #: The list opens with it.
    is_default: Mapped[bool] = mapped_column(server_default=false())
