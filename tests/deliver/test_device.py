"""The device's key: made once, private, and the source of its id."""

import stat
import threading
from pathlib import Path

import pytest

from siaga.core.canonical import sha256_hex
from siaga.core.errors import StorageError
from siaga.core.signature import signed_by
from siaga.deliver.device import load_or_make_key


def test_it_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "device.key"
    key = load_or_make_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_or_make_key(path).device_id == key.device_id
    assert [entry.name for entry in tmp_path.iterdir()] == ["device.key"]


def test_the_id_follows_from_the_public_key(tmp_path: Path) -> None:
    key = load_or_make_key(tmp_path / "device.key")
    assert key.device_id == "dev-" + sha256_hex(bytes.fromhex(key.public_key))[:16]


def test_processes_that_start_at_once_get_the_same_key(tmp_path: Path) -> None:
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(load_or_make_key(tmp_path / "k").device_id))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_a_signature_is_good_for_its_hash_and_key_only(tmp_path: Path) -> None:
    key, other = load_or_make_key(tmp_path / "a"), load_or_make_key(tmp_path / "b")
    signature = key.sign("ab" * 32)
    assert signed_by(key.public_key, "ab" * 32, signature)
    assert not signed_by(key.public_key, "cd" * 32, signature)
    assert not signed_by(other.public_key, "ab" * 32, signature)


def test_a_broken_key_file_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "device.key"
    path.write_text("not a key")
    with pytest.raises(StorageError, match="new device"):
        load_or_make_key(path)
    assert path.read_text() == "not a key"
