"""The API's document (OpenAPI 3.1): what the framework reads from the handlers, completed with what it cannot know."""

from __future__ import annotations

from linli.web.document.building import Document, config
from linli.web.document.pages import public

__all__ = ["Document", "config", "public"]
