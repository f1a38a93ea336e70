"""Credentials leave every text."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siaga.core.errors import SourceRefused
from siaga.core.redact import MASK, Redactor, redact, redact_address

SECRETS = st.text(st.characters(exclude_categories=["Cs"]), min_size=3).filter(
    lambda text: text.strip("*") and MASK not in text
)


@given(st.lists(SECRETS, min_size=1, max_size=3), st.text(), st.text())
def test_no_known_secret_survives(secrets: list[str], before: str, after: str) -> None:
    mask = Redactor(secrets)
    for secret in secrets:
        for form in (secret, repr(secret), json.dumps(secret), json.dumps(secret, ensure_ascii=False)):
            clean = mask(f"{before}\n{form}\n{after}")
            assert not any(known in clean.replace(MASK, "") for known in secrets if known in form)


@given(SECRETS)
def test_a_secret_inside_a_structure_does_not_survive(secret: str) -> None:
    mask = Redactor([secret])
    value = {"a": [f"x{secret}"], "b": (secret, 1), "error": SourceRefused(f"x{secret}")}
    assert secret not in repr(mask.value(value)).replace(MASK, "")


def test_texts_of_under_three_characters_are_left() -> None:
    assert Redactor(["ab", ""])("about") == "about"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("rtsp://admin:pw@10.0.0.1/1", "rtsp://***@10.0.0.1/1"),
        ("at rtsp://admin:p%40w@h/1 and rtsps://u@h", "at rtsp://***@h/1 and rtsps://***@h"),
        ("rtsp://h/user=admin&password=pw&channel=1", "rtsp://h/user=***&password=***&channel=1"),
        ("https://h/?token=abc&x=1", "https://h/?token=***&x=1"),
        ("Authorization: Bearer abc.def-123", "Authorization: Bearer ***"),
        ("Authorization: Basic YWRtaW46cHc=", "Authorization: Basic ***"),
        ("rtsp://10.0.0.1/live and a@b.example", "rtsp://10.0.0.1/live and a@b.example"),
    ],
)
def test_what_looks_like_a_credential_goes_and_the_rest_stays(text: str, clean: str) -> None:
    assert redact(text) == clean


@given(st.text())
def test_an_address_keeps_nothing_before_its_last_at(password: str) -> None:
    assert redact_address(f"rtsp://u:{password}@host/1") == "rtsp://***@host/1"


def test_the_percent_encoded_secret_goes_too() -> None:
    assert Redactor(["a b@c"])("x a%20b%40c y") == "x *** y"


def test_secrets_can_be_handed_on() -> None:
    first = Redactor(["s3cret"])
    assert Redactor(first.secrets)("s3cret") == MASK


def test_structlog_events_are_redacted() -> None:
    event = {"event": "opened rtsp://u:p@h/1", "camera": "gate", "count": 3}
    clean = Redactor()(str(Redactor().structlog_processor(None, "info", event)["event"]))
    assert clean == "opened rtsp://***@h/1"
    assert Redactor().structlog_processor(None, "info", event)["count"] == 3
