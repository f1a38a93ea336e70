"""No change of a pack or of the archive goes unseen; and each check of the verifier is needed for that."""

import json
import random
import types
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.tampering import attack_archive, attack_packs, make_site
from benchmarks.tampering_archive import ARCHIVE
from benchmarks.tampering_pack import PACK, Files, closed, opened, resigned
from siaga.core.canonical import canonical_json, sha256_hex
from siaga.proof import ServiceKey, verify
from tests.support.proved import SERVICE, ProvedSite

Attack = Callable[[bytes], bytes]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProvedSite]:
    """Three violations: enough for two checkpoints."""
    made = make_site(tmp_path_factory.mktemp("site"), violations=3)
    yield made
    made.database.close()


def test_changes_of_a_pack_are_found(site: ProvedSite, tmp_path: Path) -> None:
    done = attack_packs(site, tmp_path, 2 * len(PACK), seed=7)
    assert (done["missed"], done["changes"]) == ([], 2 * len(PACK))


def test_changes_of_the_archive_are_found(site: ProvedSite) -> None:
    done = attack_archive(site, 2 * len(ARCHIVE), seed=7)
    assert (done["missed"], done["changes"]) == ([], 2 * len(ARCHIVE))


def _edit(name: str) -> Attack:
    def attack(data: bytes) -> bytes:
        files = opened(data)
        return closed(files | {name: files[name] + b" "})

    return attack


def _first_record_left_out(data: bytes) -> bytes:
    files = opened(data)
    lines = files["records.jsonl"].splitlines(keepends=True)
    return resigned(files | {"records.jsonl": b"".join(lines[1:])}, SERVICE)


def _evidence_left_out(data: bytes) -> bytes:
    files = opened(data)
    del files[next(name for name in files if name.startswith("evidence/"))]
    return resigned(files, SERVICE)


def _last_checkpoint_left_out(data: bytes) -> bytes:
    files = opened(data)
    lines = files["checkpoints.jsonl"].splitlines(keepends=True)
    return resigned(files | {"checkpoints.jsonl": b"".join(lines[:-1])}, SERVICE)


def _time_of_receipt_changed(data: bytes) -> bytes:
    files: Files = opened(data)
    entries = [json.loads(line) for line in files["chain.jsonl"].splitlines()]
    entries[0]["at"] = "2026-01-01T00:00:00.000000Z"
    prev = entries[0]["prev"]
    for entry in entries:
        entry["prev"] = prev
        entry["hash"] = prev = sha256_hex(canonical_json({k: v for k, v in entry.items() if k != "hash"}))
    return resigned(files | {"chain.jsonl": b"".join(canonical_json(e) + b"\n" for e in entries)}, SERVICE)


def _last_record_rewritten(data: bytes) -> bytes:
    """With the service's key; no later record of the device names the hash of before."""
    rewrite, chance = PACK["record and chain made anew with the service's key"], random.Random(3)
    before = opened(data)["records.jsonl"].splitlines()
    while True:
        changed = rewrite(data, chance)
        if opened(changed)["records.jsonl"].splitlines()[:-1] == before[:-1]:
            return changed


def _manifest_by_nobody(data: bytes) -> bytes:
    files = opened(data)
    manifest = json.loads(files["manifest.json"]) | {"made_by": "somebody else"}
    return closed(files | {"manifest.json": canonical_json(manifest)})


def _with_a_stranger(data: bytes) -> bytes:
    """A file that the manifest does not name."""
    files = opened(data)
    last = {name: files.pop(name) for name in ("manifest.json", "manifest.sig")}
    return closed(files | {"stranger.txt": b"x"} | last)


def _by_another_service(data: bytes) -> bytes:
    return resigned(opened(data), ServiceKey.from_seed(b"t" * 32), rename=True)


WEAKENED: list[tuple[str, str, Attack]] = [
    ("found[n] != told[n]", "False", _edit("index.html")),
    ("list(found) != names", "False", lambda data: closed(dict(reversed(opened(data).items())))),
    ('head + name != b"PK\\3\\4" + fields + name', "False", lambda data: data[:10] + b"\1" + data[11:]),
    ("len(end) + 1)", "len(end))", lambda data: data + b"\0"),
    ("for name in found if name not in names", "for name in ()", _with_a_stranger),
    ("not signed_by(own, data,", "() and (own, data,", _manifest_by_nobody),
    ("self._keys and own not in self._keys", "self._keys and self._keys.append(own)", _by_another_service),
    ("not _by_device(devices[device], record)", "False", _last_record_rewritten),
    ("for n in self._others.values()", "for n in ()", _first_record_left_out),
    ('self.problems.append(f"Evidence {digest} is missing.")', "pass", _evidence_left_out),
    ("chain.number != before and chain.number not in numbers", "False", _last_checkpoint_left_out),
    ('self.hashes.get(number) != body.get("hash")', "False", _time_of_receipt_changed),
]


@pytest.mark.parametrize(("check", "instead", "attack"), WEAKENED, ids=[one[0][:30] for one in WEAKENED])
def test_a_weaker_verifier_misses_what_the_real_one_finds(
    site: ProvedSite, tmp_path: Path, check: str, instead: str, attack: Attack
) -> None:
    path = tmp_path / "pack.zip"
    path.write_bytes(attack(site.pack()))
    assert verify.Pack(path, [SERVICE.public_key]).problems
    source = Path(verify.__file__).read_text()
    assert source.count(check) == 1
    weak = types.ModuleType("weak")
    exec(compile(source.replace(check, instead), "weak", "exec"), weak.__dict__)
    problems = weak.Pack(path, [SERVICE.public_key]).problems
    # Order and names are looked at together: without one, the other still speaks.
    assert [problem for problem in problems if problem != "The files lie in another order."] == []
