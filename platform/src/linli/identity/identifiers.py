"""What a person types to say who they are: a user name or a phone number."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from linli.db.vault import Vault
from linli.kit.errors import Invalid
from linli.kit.phones import mask_phone, normalise_phone
from linli.kit.text import gettext as _

_USER_NAME = re.compile(r"[a-z][a-z0-9._-]{2,31}")


@dataclass(frozen=True, slots=True)
class Identifier:
    """A user name or a phone in its normal form."""

    kind: str
    value: str

    def ticket_subject(self, vault: Vault) -> str:
        """How ``core.find_account`` is asked for it."""
        wanted = vault.account_index("phone", self.value) if self.kind == "phone" else self.value.encode()
        return f"{self.kind}-{wanted.hex()}"


def read_identifier(text: str) -> Identifier:
    """A phone where it is one, else a user name, in any form: an impossible one is simply nobody's."""
    if phone := normalise_phone(text[:40]):
        return Identifier("phone", phone)
    return Identifier("name", unicodedata.normalize("NFKC", text[:100]).replace("\0", "").strip().lower())


def check_user_name(text: str, *, field: str = "user_name") -> str:
    """The user name in its normal form.

    Raises:
        Invalid: not 3 to 32 letters, digits, dots, hyphens and underscores beginning with a letter.
    """
    name = unicodedata.normalize("NFKC", text).strip().lower()
    if not _USER_NAME.fullmatch(name):
        allowed = _("3 到 32 个字符，以字母开头，只用字母、数字、点、横线和下划线")
        raise Invalid.one(field, _("用户名不合要求"), allowed)
    return name


def check_phone(text: str, *, field: str = "phone") -> str:
    """The bare digits of a phone number.

    Raises:
        Invalid: neither a mainland mobile number nor a landline with area code.
    """
    phone = normalise_phone(text)
    if phone is None:
        raise Invalid.one(field, _("手机号不正确"), _("11 位手机号，例如 13800000000"))
    return phone


def sealed_phone(vault: Vault, account_id, phone: str) -> dict[str, object]:
    """The three columns that keep an account's phone."""
    return {
        "phone_bi": vault.account_index("phone", phone),
        "phone_ct": vault.encrypt_account("phone", account_id, phone),
        "phone_mask": mask_phone(phone),
    }
