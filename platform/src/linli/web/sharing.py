"""What a link shows where people pass it on, and on paper: title, a few words, a picture of ours, the address."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from linli.web.place import Place

#: Letters of the few words; more is cut off by those who show them.
_MOST_LETTERS = 120


@dataclass(frozen=True, slots=True)
class ShareCard:
    """The card of one public page. Only for what everybody may read: others make cards of whatever a page tells them.

    Attributes:
        title: of the page.
        about: what it is about, in one line; no personal data.
        publisher: whose it is.
        address: of the page, whole and without anything that says who looked at it.
        image: of its picture, which is drawn by us and shows the publisher's name.
        path: below the resident portal; leads to its code for printing.
    """

    title: str
    about: str
    publisher: str
    address: str
    image: str
    path: str

    @property
    def code_page(self) -> str:
        """The query of the page with its code."""
        return urlencode({"page": self.path})


def share_card(base_url: str, place: Place, path: str, title: str, about: str, *, publisher: str = "") -> ShareCard:
    """The card of a page of the resident portal that is open to everybody; the template hands it on as ``share``.

    Args:
        base_url: scheme and host under which the site is reached: ``house.settings.base_url``.
        place: of the request.
        path: below the resident portal, e.g. ``/notices/…``; empty for its first page.
        title: of the page.
        about: what it is about; shortened to one line.
        publisher: whose it is; the community where it is empty.
    """
    home = f"{base_url}{place.home}"
    words = " ".join(about.split())
    if len(words) > _MOST_LETTERS:
        words = f"{words[:_MOST_LETTERS]}…"
    own = place.community.name if place.community else place.street.name if place.street else ""
    return ShareCard(title, words, publisher or own, f"{home}{path}", f"{home}/share.png", path)
