#!/usr/bin/env python3
"""Checks an inspector pack of Siaga. Needs Python 3.8 or newer and nothing else; reads, never writes.

    python verify.py PACK.zip --key KEY      the pack as it was received
    python verify.py FOLDER --key KEY        the pack unpacked; without FOLDER: where this file lies

KEY is the service's public key (64 hex digits), as the site publishes it; get it, and this file, from
elsewhere than the pack. Ends with 0 when nothing is wrong, 1 when something is, 2 when it cannot be read.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import struct
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Point = tuple[int, int, int, int]

ZERO = "0" * 64
FORMAT = "siaga-pack-1"
_PIECE = 1 << 20
_DROPPINGS = {".DS_Store", "Thumbs.db", "desktop.ini"}
_NAMED = re.compile(r"-([0-9a-f]{64})\.[a-z0-9]+$")


class Unreadable(Exception):
    """This is no pack, or not all of one."""


# --- Ed25519, verification only: RFC 8032, sections 5.1.3 and 5.1.7 (the group equation without cofactor) ---

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT = pow(2, (_P - 1) // 4, _P)


def _add(a: Point, b: Point) -> Point:
    m, n = (a[1] - a[0]) * (b[1] - b[0]) % _P, (a[1] + a[0]) * (b[1] + b[0]) % _P
    c, d = 2 * a[3] * b[3] * _D % _P, 2 * a[2] * b[2] % _P
    e, f, g, h = n - m, d - c, d + c, n + m
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(scalar: int, point: Point) -> Point:
    result: Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = _add(result, point)
        point = _add(point, point)
        scalar >>= 1
    return result


def _point(data: bytes) -> Point | None:
    number = int.from_bytes(data, "little")
    y, sign = number & ((1 << 255) - 1), number >> 255
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


_BASE = _point((4 * pow(5, _P - 2, _P) % _P).to_bytes(32, "little"))


def signed_by(public_key: str, data: bytes, signature: str) -> bool:
    """Whether ``signature`` (Ed25519, 128 hex digits) over ``data`` is by ``public_key`` (64 hex digits)."""
    try:
        key, mark = bytes.fromhex(public_key), bytes.fromhex(signature)
    except (ValueError, TypeError):
        return False
    # Capitals or spaces would say the same in other bytes, and every byte counts.
    if (key.hex(), mark.hex()) != (public_key, signature):
        return False
    if len(key) != 32 or len(mark) != 64 or _BASE is None:
        return False
    a, r, s = _point(key), _point(mark[:32]), int.from_bytes(mark[32:], "little")
    if a is None or r is None or s >= _L:
        return False
    k = int.from_bytes(hashlib.sha512(mark[:32] + key + data).digest(), "little") % _L
    left, right = _times(s, _BASE), _add(r, _times(k, a))
    same_x = (left[0] * right[2] - right[0] * left[2]) % _P == 0
    return same_x and (left[1] * right[2] - right[1] * left[2]) % _P == 0


# --- The form of what is hashed ---


def canonical(value: Any) -> bytes:
    """Canonical JSON (RFC 8785) of values that a pack holds."""
    form = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return form.encode()


def sha256(data: bytes) -> str:
    """In lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def record_hash(record: dict[str, Any]) -> str:
    """The hash of a device's record, taken without its hash and signature."""
    return sha256(canonical({k: v for k, v in record.items() if k not in ("hash", "signature")}))


# --- Files: of a zip whose every byte is accounted for, or of a folder ---


class Files:
    """The pack's files with their sizes and sha256, in the order in which they lie there."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.zipped = not path.is_dir()
        self.known: dict[str, tuple[int, str]] = {}
        self._start: dict[str, int] = {}
        if self.zipped:
            self._read_zip()
        else:
            self._read_folder()

    def _read_zip(self) -> None:
        central = []
        with self._path.open("rb") as file:
            while True:
                start, head = file.tell(), file.read(30)
                if head[:4] != b"PK\3\4" or len(head) < 30:
                    break
                name = file.read(struct.unpack("<H", head[26:28])[0])
                size = struct.unpack("<L", head[22:26])[0]
                crc, digest = _digests(file, size)
                fields = _fields(crc, size, name)
                if head + name != b"PK\3\4" + fields + name or name.decode("ascii", "replace") in self.known:
                    raise Unreadable(f"The zip is not as it was written, at byte {start}.")
                self.known[name.decode("ascii")] = (size, digest)
                self._start[name.decode("ascii")] = start + 30 + len(name)
                central.append(_entry(fields, start) + name)
            file.seek(start)
            rest = b"".join(central)
            end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, len(central), len(central), len(rest), start, 0)
            if file.read(len(rest) + len(end) + 1) != rest + end:
                raise Unreadable(f"The zip is not as it was written, from byte {start} on.")

    def _read_folder(self) -> None:
        for path in sorted(self._path.rglob("*")):
            if path.is_dir() or path.name in _DROPPINGS:
                continue
            with path.open("rb") as file:
                size = path.stat().st_size
                self.known[path.relative_to(self._path).as_posix()] = (size, _digests(file, size)[1])

    def read(self, name: str) -> bytes:
        """All of a file."""
        with self._open(name) as file:
            return file.read(self.known[name][0])

    def lines(self, name: str) -> Iterator[dict[str, Any]]:
        """The objects of a file with one canonical JSON object per line."""
        with self._open(name) as file:
            left = self.known[name][0]
            while left > 0:
                line = file.readline(left)
                left -= len(line)
                yield _object(line[:-1] if line.endswith(b"\n") else line, name)

    def _open(self, name: str) -> BinaryIO:
        if name not in self.known:
            raise Unreadable(f"{name} is missing.")
        file = (self._path if self.zipped else self._path / name).open("rb")
        file.seek(self._start.get(name, 0))
        return file


def _digests(file: BinaryIO, size: int) -> tuple[int, str]:
    crc, digest = 0, hashlib.sha256()
    while size > 0:
        piece = file.read(min(size, _PIECE))
        if not piece:
            raise Unreadable("The pack ends too early.")
        crc, size = zlib.crc32(piece, crc), size - len(piece)
        digest.update(piece)
    return crc, digest.hexdigest()


def _fields(crc: int, size: int, name: bytes) -> bytes:
    # Stored, 1 January 1980: a pack has one form only.
    return struct.pack("<5H3L2H", 20, 0, 0, 0, 33, crc, size, size, len(name), 0)


def _entry(fields: bytes, start: int) -> bytes:
    return b"PK\1\2\x14\3" + fields + struct.pack("<3H2L", 0, 0, 0, 0o100644 << 16, start)


def _object(data: bytes, where: str) -> dict[str, Any]:
    try:
        found = json.loads(data.decode())
        if isinstance(found, dict) and canonical(found) == data:
            return found
    except (ValueError, RecursionError):
        pass
    raise Unreadable(f"{where} holds something that is not canonical JSON.")


# --- The chain ---


class Chain:
    """Follows the entries of one site; ``problems`` gets a sentence for each that does not hold.

    Args:
        number: Of the entry before the first one that is given.
        prev: Its hash; None where it is not known.
    """

    def __init__(self, site: str, number: int, prev: str | None, problems: list[str]) -> None:
        self.site, self.number, self.prev, self.problems = site, number, prev, problems
        self.hashes: dict[Any, str | None] = {number: prev}
        self.checkpoint: tuple[int, str] | None = (0, ZERO) if number == 0 else None

    def entry(self, entry: dict[str, Any], keep: bool = False) -> None:
        """The next one; ``keep``: a checkpoint will be asked about."""
        number, body = entry.get("number"), {k: v for k, v in entry.items() if k != "hash"}
        for wrong, what in (
            (entry.get("site") != self.site, "is of another site"),
            (number != self.number + 1, f"stands where number {self.number + 1} should"),
            (self.prev is not None and entry.get("prev") != self.prev, "does not continue the chain"),
            (sha256(canonical(body)) != entry.get("hash"), "was changed"),
        ):
            if wrong:
                self.problems.append(f"Chain entry {number} {what}.")
        self.number, self.prev = self.number + 1, str(entry.get("hash"))
        if keep:
            self.hashes[self.number] = self.prev

    def signed(self, checkpoint: dict[str, Any], keys: Sequence[str]) -> None:
        """A checkpoint, in order; of an entry that was kept. ``keys``: whose signature counts."""
        number = checkpoint.get("number")
        body = {k: v for k, v in checkpoint.items() if k not in ("signature", "timestamp")}
        before = self.checkpoint
        signature, key = str(checkpoint.get("signature")), str(body.get("public_key"))
        for wrong, what in (
            (body.get("site") != self.site, "is of another site"),
            (before is not None and not _after(number, before[0]), "is out of order"),
            (before is not None and body.get("prev") != before[1], "does not follow the one before"),
            (self.hashes.get(number) != body.get("hash"), "does not fit the chain"),
            (key not in keys, "is signed by an unknown key"),
            (not signed_by(key, canonical(body), signature), "is not signed"),
        ):
            if wrong:
                self.problems.append(f"Checkpoint {number} {what}.")
        self.checkpoint = (number if isinstance(number, int) else 0, sha256(canonical(body)))


def _after(number: Any, before: int) -> bool:
    return isinstance(number, int) and number > before


# --- The pack ---


class Pack:
    """One pass over a pack. ``problems``: what is wrong; ``notes``: what could not be asked.

    Args:
        path: A zip, or the folder that it was unpacked into.
        keys: Public keys of the service that are trusted; none: that of the pack itself, which anybody who
            makes a pack anew can put there.
    """

    def __init__(self, path: str | Path, keys: Sequence[str] = ()) -> None:
        self.problems: list[str] = []
        self.notes: list[str] = []
        self.manifest: dict[str, Any] = {}
        self._keys = [key.lower() for key in keys]
        self._records: dict[str, dict[str, Any]] = {}
        self._named: set[str] = set()
        self._arrived: set[str] = set()
        self._deleted: set[str] = set()
        self._events: set[str] = set()
        self._others: dict[str, int] = {}
        try:
            self._files = Files(Path(path))
            self._check_manifest()
            self._check_records()
            self._check_chain()
            self._check_evidence()
        except Unreadable as error:
            self.problems.append(str(error))
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            self.problems.append(f"The pack does not have the form that it should ({error!r}).")

    def _check_manifest(self) -> None:
        data = self._files.read("manifest.json")
        self.manifest = _object(data, "manifest.json")
        own = self.manifest["service_key"]
        if self.manifest.get("format") != FORMAT:
            raise Unreadable(f"This verifier knows {FORMAT} only.")
        if self._keys and own not in self._keys:
            self.problems.append(f"The pack is signed by another service: {own}.")
        if not self._keys:
            self._keys = [own]
            self.notes.append(f"Signed by {own}: compare this with the key that the site publishes.")
        if not signed_by(own, data, self._files.read("manifest.sig").decode("ascii", "replace")):
            self.problems.append("manifest.json is not signed by the service.")
        told = {name: (size, digest) for name, size, digest in self.manifest["files"]}
        both = ["manifest.json", "manifest.sig"]
        names = [name for name, _, _ in self.manifest["files"]] + both
        found = self._files.known
        self.problems += [f"{name} is missing." for name in names if name not in found]
        self.problems += [f"{name} is not part of the pack." for name in found if name not in names]
        self.problems += [f"{n} was changed." for n in told if n in found and found[n] != told[n]]
        if self._files.zipped and list(found) != names:
            self.problems.append("The files lie in another order.")

    def _check_records(self) -> None:
        devices = _object(self._files.read("devices.json"), "devices.json")
        for device, key in devices.items():
            if device != f"dev-{sha256(bytes.fromhex(key))[:16]}":
                self.problems.append(f"The key of {device} is not its own.")
        last: dict[str, tuple[int, str]] = {}
        for record in self._files.lines("records.jsonl"):
            device, seq, name = record["device_id"], record["seq"], f"Record {record['id']}"
            before = last.get(device, (0, ZERO))
            for wrong, what in (
                (record_hash(record) != record["hash"], "was changed"),
                (record["site"] != self.manifest["site"], "is of another site"),
                (seq <= before[0], "is out of order"),
                (seq == before[0] + 1 and record["prev_hash"] != before[1], "does not follow the one before"),
                (device in devices and not _by_device(devices[device], record), "is not signed by it"),
            ):
                if wrong:
                    self.problems.append(f"{name} {what}.")
            last[device] = (seq, record["hash"])
            self._records[record["hash"]] = {
                "device": device,
                "event": record["event_id"],
                "record": record["id"],
                "seq": seq,
                "signature": record["signature"],
            }
            self._events.add(record["event_id"])
            self._named |= {piece["sha256"] for piece in record["evidence"] if piece["sha256"]}
        unknown = [device for device in last if device not in devices]
        self.notes += [
            f"The key of {name} is not known: its signatures were not checked." for name in unknown
        ]

    def _check_chain(self) -> None:
        checkpoints = list(self._files.lines("checkpoints.jsonl"))
        numbers = {checkpoint["number"]: checkpoint for checkpoint in checkpoints}
        before = self.manifest["chain"]["first"] - 1
        start = ZERO if before == 0 else numbers.get(before, {}).get("hash")
        chain = Chain(self.manifest["site"], before, start, self.problems)
        if start is None:
            self.problems.append("The chain begins where no checkpoint stands.")
        missing = dict(self._records)
        for entry in self._files.lines("chain.jsonl"):
            chain.entry(entry, keep=entry["number"] in numbers)
            self._take(entry, missing)
        for checkpoint in checkpoints:
            chain.signed(checkpoint, self._keys)
        if chain.number != before and chain.number not in numbers:
            self.problems.append("The end of the chain is not signed.")
        if chain.number != self.manifest["chain"]["last"]:
            self.problems.append("The chain does not end where the manifest says.")
        self.problems += [f"Record {told['record']} is not in the chain." for told in missing.values()]
        self.problems += [f"The record of chain entry {n} is missing." for n in self._others.values()]
        stamped = sum("timestamp" in checkpoint for checkpoint in checkpoints)
        if stamped:
            self.notes.append(f"{stamped} RFC 3161 time stamps: check them with openssl ts -verify.")

    def _take(self, entry: dict[str, Any], missing: dict[str, dict[str, Any]]) -> None:
        kind, digest = entry["kind"], entry["sha256"]
        if kind == "record" and digest in missing and missing.pop(digest) != entry["about"]:
            self.problems.append(f"Chain entry {entry['number']} says something else than its record.")
        if kind == "record" and digest not in self._records and entry["about"]["event"] in self._events:
            self._others[digest] = entry["number"]
        if kind == "evidence":
            self._arrived.add(digest)
            self._deleted.discard(digest)
        if kind == "tombstone":
            self._deleted.add(digest)
            self._others.pop(digest, None)
            if digest in self._records:
                self.problems.append(f"Record {self._records[digest]['record']} was deleted, but is here.")

    def _check_evidence(self) -> None:
        here = set()
        for name, (_, digest) in self._files.known.items():
            if not name.startswith("evidence/"):
                continue
            found = _NAMED.search(name)
            here.add(digest)
            for wrong, what in (
                (found is None or found.group(1) != digest, "does not hold what its name says"),
                (digest not in self._arrived, "is not in the chain"),
                (digest not in self._named, "belongs to no record"),
                (digest in self._deleted, "was deleted, but is here"),
            ):
                if wrong:
                    self.problems.append(f"{name} {what}.")
        left_out = self.manifest["left_out"]
        for digest in sorted(self._named - here):
            if digest in self._deleted:
                self.notes.append(f"Evidence {digest} was deleted before.")
            elif digest in self._arrived and digest in left_out:
                self.notes.append(f"Evidence {digest} is not in the pack: {left_out[digest]}.")
            elif digest in self._arrived:
                self.problems.append(f"Evidence {digest} is missing.")
            else:
                self.notes.append(f"Evidence {digest} never reached the service.")


def _by_device(key: str, record: dict[str, Any]) -> bool:
    return signed_by(key, bytes.fromhex(record["hash"]), record["signature"])


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Checks an inspector pack of Siaga.")
    parser.add_argument("pack", nargs="?", default=Path(__file__).resolve().parent)
    parser.add_argument("--key", action="append", default=[], help="the service's public key, 64 hex digits")
    wanted = parser.parse_args(arguments)
    try:
        pack = Pack(wanted.pack, wanted.key)
    except OSError as error:
        print(f"cannot be read: {error}", file=sys.stderr)
        return 2
    for note in pack.notes:
        print(f"note: {note}")
    for problem in pack.problems:
        print(f"WRONG: {problem}")
    print("NOT WHOLE" if pack.problems else "whole: nothing was changed, removed, added or reordered")
    return 1 if pack.problems else 0


if __name__ == "__main__":
    sys.exit(main())
