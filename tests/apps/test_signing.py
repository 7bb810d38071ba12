"""Signatures as an app checks them, computed here without anything of ours."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from linli.apps.signing import ContextRefused, make_secret, panel_context, read_panel_context, webhook_headers

#: The example of the Standard Webhooks libraries, with its published signature.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
AT = datetime.fromtimestamp(1614265330, UTC)
BODY = b'{"test": 2432232314}'


def test_the_vector_of_the_specification() -> None:
    headers = webhook_headers([SECRET], "msg_p5jXN8AQM9LWM0D4loKWxJek", AT, BODY)
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_each_secret_in_force_signs() -> None:
    old, new = make_secret(), make_secret()
    signed = webhook_headers([new, old], "evt_1", AT, BODY)["webhook-signature"].split(" ")
    told = b"evt_1.1614265330." + BODY
    rights = [
        "v1," + base64.b64encode(hmac.new(base64.b64decode(each[6:]), told, hashlib.sha256).digest()).decode()
        for each in (new, old)
    ]
    assert signed == rights


def test_secrets_are_random_and_long() -> None:
    made = {make_secret() for _n in range(50)}
    assert len(made) == 50
    assert all(len(base64.b64decode(each.removeprefix("whsec_"))) == 32 for each in made)


class TestPanelContext:
    claims = {"aud": "app-1", "sub": "x", "exp": int((AT + timedelta(minutes=5)).timestamp())}

    def test_an_app_checks_it_in_a_few_lines(self) -> None:
        secret = make_secret()
        told, signed = panel_context([secret], self.claims).split(".")
        key = base64.b64decode(secret[6:])
        right = hmac.new(key, b"linli-panel/1." + told.encode(), hashlib.sha256).digest()
        assert base64.urlsafe_b64decode(signed + "=") == right
        assert json.loads(base64.urlsafe_b64decode(told + "=" * (-len(told) % 4))) == self.claims

    def test_it_is_good_until_its_end(self) -> None:
        secret = make_secret()
        word = panel_context([secret], self.claims)
        end = AT + timedelta(minutes=5)
        assert read_panel_context(secret, "app-1", word, end - timedelta(seconds=1))["sub"] == "x"
        for late in (end, end + timedelta(seconds=1)):
            with pytest.raises(ContextRefused, match="over"):
                read_panel_context(secret, "app-1", word, late)

    def test_it_is_for_one_app(self) -> None:
        secret = make_secret()
        with pytest.raises(ContextRefused, match="another app"):
            read_panel_context(secret, "app-2", panel_context([secret], self.claims), AT)

    def test_altered_it_is_refused(self) -> None:
        secret = make_secret()
        told, signed = panel_context([secret], self.claims).split(".")
        forged = base64.urlsafe_b64encode(json.dumps({**self.claims, "roles": ["owner"]}).encode()).decode()
        for word in (f"{forged}.{signed}", told, f"{told}.", f"{told}.{signed[:-2]}AA", f"{told}.é", ""):
            with pytest.raises(ContextRefused):
                read_panel_context(secret, "app-1", word, AT)

    def test_a_webhooks_signature_is_none_of_a_context(self) -> None:
        secret = make_secret()
        told = panel_context([secret], self.claims).split(".")[0]
        signature = webhook_headers([secret], "linli-panel/1", AT, told.encode())["webhook-signature"][3:]
        with pytest.raises(ContextRefused):
            read_panel_context(secret, "app-1", f"{told}.{signature}", AT)

    def test_in_rotation_either_secret_opens_it(self) -> None:
        old, new = make_secret(), make_secret()
        word = panel_context([new, old], self.claims)
        assert read_panel_context(old, "app-1", word, AT) == read_panel_context(new, "app-1", word, AT)
        with pytest.raises(ContextRefused):
            read_panel_context(make_secret(), "app-1", word, AT)


class TestTheHandbook:
    """The lines that authors are given work as they stand."""

    @pytest.fixture
    def given(self) -> dict:
        told = (Path(__file__).parents[2] / "docs" / "plugin-authors" / "README.md").read_text(encoding="utf-8")
        names: dict = {}
        for block in re.findall(r"```python\n(.*?)```", told, re.DOTALL):
            if "def is_ours" in block or "def who" in block:
                exec(block, names)
        return names

    def test_a_message_is_told_from_a_forged_one(self, given) -> None:
        secret = make_secret()
        headers = webhook_headers([make_secret(), secret], "evt_1", datetime.now(UTC), BODY)
        assert given["is_ours"](secret, headers, BODY)
        assert not given["is_ours"](secret, headers, BODY + b" ")
        assert not given["is_ours"](make_secret(), headers, BODY)
        old = webhook_headers([secret], "evt_1", datetime.now(UTC) - timedelta(minutes=6), BODY)
        assert not given["is_ours"](secret, old, BODY)

    def test_a_word_is_told_from_a_forged_one(self, given) -> None:
        secret = make_secret()
        claims = {"aud": "app-1", "exp": int(datetime.now(UTC).timestamp()) + 60}
        word = panel_context([make_secret(), secret], claims)
        assert given["who"](secret, "app-1", word) == claims
        assert given["who"](secret, "app-2", word) is None
        assert given["who"](make_secret(), "app-1", word) is None
