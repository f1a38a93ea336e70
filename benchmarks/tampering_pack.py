"""Ways to change a pack. Each takes the pack's bytes and a source of chance, and gives other bytes."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

from siaga.core.canonical import ZERO_HASH, canonical_json, record_hash, sha256_hex
from siaga.proof import ServiceKey
from tests.support.proved import SERVICE

Change = Callable[[bytes, random.Random], bytes]
Files = dict[str, bytes]

_THIEF = ServiceKey.from_seed(b"t" * 32)
_LINES = ("records.jsonl", "chain.jsonl", "checkpoints.jsonl")


def opened(data: bytes) -> Files:
    """The files of a pack, in their order."""
    with zipfile.ZipFile(io.BytesIO(data)) as pack:
        return {name: pack.read(name) for name in pack.namelist()}


def closed(files: Files) -> bytes:
    """A zip of exactly the form that packs have."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as pack:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.create_system, info.external_attr = 3, 0o100644 << 16
            pack.writestr(info, data)
    return out.getvalue()


def resigned(files: Files, key: ServiceKey | None, *, rename: bool = False) -> bytes:
    """The pack with a manifest that fits its files; signed by ``key``, or with the old signature."""
    manifest = json.loads(files["manifest.json"])
    own = {name: data for name, data in files.items() if not name.startswith("manifest.")}
    manifest["files"] = [[name, len(data), sha256_hex(data)] for name, data in own.items()]
    if rename and key is not None:
        manifest["service_key"] = key.public_key
    text = canonical_json(manifest)
    signature = files["manifest.sig"] if key is None else key.sign(text).encode()
    return closed(own | {"manifest.json": text, "manifest.sig": signature})


def edited(value: Any, chance: random.Random) -> Any:
    """A JSON value of the same kind that is another one."""
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, int | float):
        return value + chance.choice((-1, 1, 7))
    if isinstance(value, str):
        return _other_text(value, chance)
    if isinstance(value, list):
        return [*value[:-1], edited(value[-1], chance)] if value else ["x"]
    name = chance.choice(sorted(value)) if value else "x"
    return {**value, name: edited(value.get(name), chance)}


def _other_text(text: str, chance: random.Random) -> str:
    if not text:
        return "x"
    place = chance.randrange(len(text))
    return (
        text[:place] + chance.choice([c for c in "0123456789abcdef" if c != text[place]]) + text[place + 1 :]
    )


def _flip(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 16))):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _cut(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data))
    return data[:start] + data[start + chance.choice((1, 4, 64, 4096)) :]


def _insert(data: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(data) + 1)
    return data[:place] + chance.randbytes(chance.choice((1, 4, 64))) + data[place:]


def _swap_blocks(data: bytes, chance: random.Random) -> bytes:
    size = chance.choice((1, 16, 256))
    first, second = sorted(chance.randrange(0, len(data) - size) for _ in range(2))
    second = max(second, first + size)
    middle = data[first + size : second]
    return (
        data[:first]
        + data[second : second + size]
        + middle
        + data[first : first + size]
        + data[second + size :]
    )


def _one_file(files: Files, chance: random.Random, beginning: str = "") -> str:
    return chance.choice([name for name in files if name.startswith(beginning)])


def _edit_file(data: bytes, chance: random.Random) -> bytes:
    files = opened(data)
    name = _one_file(files, chance)
    return closed(files | {name: _flip(files[name], chance) if files[name] else b"x"})


def _drop_file(data: bytes, chance: random.Random) -> bytes:
    files = opened(data)
    del files[_one_file(files, chance)]
    return closed(files)


def _add_file(data: bytes, chance: random.Random) -> bytes:
    files = opened(data)
    return closed({f"evidence/{chance.randbytes(4).hex()}.jpg": chance.randbytes(20)} | files)


def _reorder_files(data: bytes, chance: random.Random) -> bytes:
    files = list(opened(data).items())
    chance.shuffle(files)
    return closed(dict(files))


def _swap_files(data: bytes, chance: random.Random) -> bytes:
    files = opened(data)
    first, second = _one_file(files, chance), _one_file(files, chance)
    return closed(files | {first: files[second], second: files[first]})


def _rename_file(data: bytes, chance: random.Random) -> bytes:
    files = opened(data)
    chosen = _one_file(files, chance)
    return closed(
        {_other_text(name, chance) if name == chosen else name: body for name, body in files.items()}
    )


def _with_lines(files: Files, chance: random.Random) -> Files:
    name = chance.choice(_LINES)
    lines = files[name].splitlines(keepends=True)
    place, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    what = chance.choice(("drop", "swap", "edit", "twice"))
    if what == "drop":
        del lines[place]
    elif what == "swap":
        lines[place], lines[other] = lines[other], lines[place]
    elif what == "twice":
        lines.insert(other, lines[place])
    else:
        lines[place] = canonical_json(edited(json.loads(lines[place]), chance)) + b"\n"
    return files | {name: b"".join(lines)}


def _lines_unsigned(data: bytes, chance: random.Random) -> bytes:
    return closed(_with_lines(opened(data), chance))


def _lines_with_fitting_manifest(data: bytes, chance: random.Random) -> bytes:
    files = _with_lines(opened(data), chance)
    return data if files == opened(data) else resigned(files, None)


def _lines_by_a_thief(data: bytes, chance: random.Random) -> bytes:
    return resigned(_with_lines(opened(data), chance), _THIEF, rename=chance.random() < 0.5)


def _lines_by_an_insider(data: bytes, chance: random.Random) -> bytes:
    return resigned(_with_lines(opened(data), chance), SERVICE)


def _evidence_by_an_insider(data: bytes, chance: random.Random) -> bytes:
    files = opened(data)
    name = _one_file(files, chance, "evidence/")
    what = chance.choice(("edit", "drop", "swap", "rename"))
    if what == "edit":
        return resigned(files | {name: _flip(files[name], chance)}, SERVICE)
    if what == "swap":
        other = _one_file(files, chance, "evidence/")
        return resigned(files | {name: files[other], other: files[name]}, SERVICE)
    body = files.pop(name)
    if what == "rename":
        changed = bytes(b ^ 1 for b in body)
        files = {f"evidence/20260101T120000Z-gate-clip-{sha256_hex(changed)}.mp4": changed} | files
    return resigned(files, SERVICE)


def _record_and_chain_by_an_insider(data: bytes, chance: random.Random) -> bytes:
    """All is made to fit again, with the service's key; only the device's signature is not to be had."""
    files = opened(data)
    records = [json.loads(line) for line in files["records.jsonl"].splitlines()]
    chosen = chance.choice(records)
    old = chosen["hash"]
    name = chance.choice(("camera", "start_at", "items", "severity", "said_at", "detail"))
    chosen[name] = edited(chosen[name], chance)
    chosen["hash"] = record_hash(chosen)
    entries = [json.loads(line) for line in files["chain.jsonl"].splitlines()]
    hashes, prev = {}, entries[0]["prev"]
    for entry in entries:
        if entry["sha256"] == old:
            entry["sha256"] = chosen["hash"]
        entry["prev"] = prev
        entry["hash"] = prev = sha256_hex(canonical_json({k: v for k, v in entry.items() if k != "hash"}))
        hashes[entry["number"]] = prev
    lines, before = [], ZERO_HASH
    for line in files["checkpoints.jsonl"].splitlines():
        body = {k: v for k, v in json.loads(line).items() if k != "signature"}
        body |= {"hash": hashes[body["number"]], "prev": before}
        before = sha256_hex(canonical_json(body))
        lines.append(canonical_json(body | {"signature": SERVICE.sign(canonical_json(body))}))
    return resigned(
        files
        | {
            "records.jsonl": _joined([canonical_json(record) for record in records]),
            "chain.jsonl": _joined([canonical_json(entry) for entry in entries]),
            "checkpoints.jsonl": _joined(lines),
        },
        SERVICE,
    )


def _joined(lines: list[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def _manifest_edited(data: bytes, chance: random.Random) -> bytes:
    files = opened(data)
    manifest = edited(json.loads(files["manifest.json"]), chance)
    text = canonical_json(manifest)
    signature = chance.choice((files["manifest.sig"], _THIEF.sign(text).encode()))
    return closed(files | {"manifest.json": text, "manifest.sig": signature})


PACK: Mapping[str, Change] = {
    "bytes cut": _cut,
    "bytes flipped": _flip,
    "bytes inserted": _insert,
    "bytes reordered": _swap_blocks,
    "evidence changed, signed with the service's key": _evidence_by_an_insider,
    "file added": _add_file,
    "file deleted": _drop_file,
    "file edited": _edit_file,
    "file renamed": _rename_file,
    "files reordered": _reorder_files,
    "files swapped": _swap_files,
    "lines changed": _lines_unsigned,
    "lines changed, manifest made to fit": _lines_with_fitting_manifest,
    "lines changed, signed with another key": _lines_by_a_thief,
    "lines changed, signed with the service's key": _lines_by_an_insider,
    "manifest edited": _manifest_edited,
    "record and chain made anew with the service's key": _record_and_chain_by_an_insider,
}
"""By name. All but the first four keep the form of a pack."""
