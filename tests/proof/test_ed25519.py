"""The verifier's own Ed25519 says what the library says."""

from hypothesis import given, settings
from hypothesis import strategies as st

from siaga.proof import ServiceKey
from siaga.proof.verify import signed_by

_L = 2**252 + 27742317777372353535851937790883648493


def test_the_first_vectors_of_rfc_8032() -> None:
    # RFC 8032, section 7.1, TEST 1 and TEST 3.
    assert signed_by(
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        b"",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b",
    )
    assert signed_by(
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        bytes.fromhex("af82"),
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
        "4a7c15e9716ed28dc027beceea1ec40a",
    )


@settings(max_examples=30, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200), st.integers(0, 511))
def test_what_the_library_signs_holds_and_one_flipped_bit_does_not(
    seed: bytes, data: bytes, bit: int
) -> None:
    key = ServiceKey.from_seed(seed)
    signature = key.sign(data)
    assert signed_by(key.public_key, data, signature)
    changed = bytearray.fromhex(signature)
    changed[bit // 8] ^= 1 << bit % 8
    assert not signed_by(key.public_key, data, changed.hex())
    assert not signed_by(key.public_key, data + b"x", signature)


def test_a_signature_has_one_form() -> None:
    key = ServiceKey.from_seed(bytes(32))
    signature = bytes.fromhex(key.sign(b"data"))
    again = int.from_bytes(signature[32:], "little") + _L
    assert not signed_by(key.public_key, b"data", (signature[:32] + again.to_bytes(32, "little")).hex())
    text = signature.hex()
    assert signed_by(key.public_key, b"data", text)
    for same in (text.upper(), f" {text}", f"{text}\n", f"{text[:64]} {text[64:]}"):
        assert not signed_by(key.public_key, b"data", same)
    assert not signed_by(key.public_key.upper(), b"data", text)


def test_nonsense_is_no_signature() -> None:
    key = ServiceKey.from_seed(bytes(32))
    for public_key, signature in (
        ("", ""),
        ("zz" * 32, "00" * 64),
        (key.public_key, "00" * 63),
        (key.public_key, "ff" * 64),
        ("ff" * 32, key.sign(b"data")),
    ):
        assert not signed_by(public_key, b"data", signature)
