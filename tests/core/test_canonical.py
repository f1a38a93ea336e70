"""The bytes over which records are hashed: golden, because a change would break every chain."""

import hashlib

import pytest

from siaga.core.canonical import ZERO_HASH, canonical_json, record_hash, sha256_hex


def test_canonical_json_is_sorted_tight_and_utf8() -> None:
    value = {"b": [1, 2.5, True, None], "a": "Zoë \u20ac \n", "ä": {}, "A": -0.25}
    assert canonical_json(value) == (
        b'{"A":-0.25,"a":"Zo\xc3\xab \xe2\x82\xac \\n","b":[1,2.5,true,null],"\xc3\xa4":{}}'
    )


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_json_does_not_know_are_refused(number: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json({"x": number})


def test_the_hash_is_over_the_record_without_hash_and_signature() -> None:
    record = {"seq": 1, "prev_hash": ZERO_HASH, "site": "tower"}
    expected = hashlib.sha256(b'{"prev_hash":"' + b"0" * 64 + b'","seq":1,"site":"tower"}').hexdigest()
    assert record_hash(record) == expected
    assert record_hash({**record, "hash": "x", "signature": "y"}) == expected
    assert record_hash({**record, "seq": 2}) != expected


def test_the_sha256_of_nothing() -> None:
    assert sha256_hex(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
