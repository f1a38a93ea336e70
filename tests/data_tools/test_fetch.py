"""Bringing a source: from a server that breaks off, and from a repository on this machine."""

from __future__ import annotations

import hashlib
import io
import subprocess
import zipfile
from pathlib import Path

import httpx
import numpy as np
import pytest
from pydantic import ValidationError

from siaga.core.errors import NotFound, SourceInvalid, SourceUnavailable, StorageFull
from siaga.data.cards import Card, FetchFile, FetchGit
from siaga.data.fetch import fetch, fetch_file, fetch_git

from .cutting_server import Behaviour, serving
from .made import CARD, tree

CONTENT = np.random.default_rng(0).bytes(300_000)


def file_at(url: str, content: bytes = CONTENT, **changes: object) -> FetchFile:
    facts = {"url": url, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    return FetchFile.model_validate({**facts, **changes})


def bring(file: FetchFile, target: Path) -> None:
    with httpx.Client(timeout=5) as client:
        fetch_file(client, file, target, wait_s=0.01)


def test_a_connection_that_is_cut_is_gone_on_with(tmp_path: Path) -> None:
    server = Behaviour(CONTENT, cuts=[100_000, 50_000, 0])
    seen: list[tuple[int, int]] = []
    with serving(server) as url, httpx.Client(timeout=5) as client:
        fetch_file(client, file_at(url), tmp_path / "set.zip", lambda *p: seen.append(p), wait_s=0.01)
    assert (tmp_path / "set.zip").read_bytes() == CONTENT
    assert server.asked == ["", "bytes=100000-", "bytes=150000-", "bytes=150000-"]
    assert seen[-1] == (300_000, 300_000)
    assert [path.name for path in tmp_path.iterdir()] == ["set.zip"]


def test_the_next_call_goes_on_where_this_one_gave_up(tmp_path: Path) -> None:
    server = Behaviour(CONTENT, cuts=[10_000] * 6)
    with serving(server) as url:
        with pytest.raises(SourceUnavailable, match="goes on where it was"):
            bring(file_at(url), tmp_path / "set.zip")
        assert not (tmp_path / "set.zip").exists()
        bring(file_at(url), tmp_path / "set.zip")
    assert server.asked[-1] == "bytes=60000-"
    assert (tmp_path / "set.zip").read_bytes() == CONTENT


def test_a_server_that_knows_no_ranges_starts_anew(tmp_path: Path) -> None:
    with serving(Behaviour(CONTENT, cuts=[100_000], ranges=False)) as url:
        bring(file_at(url), tmp_path / "set.zip")
    assert (tmp_path / "set.zip").read_bytes() == CONTENT


def test_other_bytes_are_thrown_away(tmp_path: Path) -> None:
    with serving(Behaviour(CONTENT)) as url:
        with pytest.raises(SourceInvalid, match="sha256"):
            bring(file_at(url, sha256="0" * 64), tmp_path / "set.zip")
        with pytest.raises(SourceInvalid, match="more than the 1000 bytes"):
            bring(file_at(url, bytes=1000), tmp_path / "set.zip")
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_part_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "set.zip.part").write_bytes(b"x" * 5000)
    with serving(Behaviour(CONTENT)) as url:
        with pytest.raises(SourceInvalid, match="sha256"):
            bring(file_at(url), tmp_path / "set.zip")
        bring(file_at(url), tmp_path / "set.zip")
    assert (tmp_path / "set.zip").read_bytes() == CONTENT


def test_a_busy_server_is_asked_again_a_missing_file_is_not(tmp_path: Path) -> None:
    server = Behaviour(CONTENT, statuses=[503, 429])
    with serving(server) as url:
        bring(file_at(url), tmp_path / "set.zip")
    assert len(server.asked) == 3
    gone = Behaviour(CONTENT, statuses=[404])
    with serving(gone) as url, pytest.raises(SourceUnavailable, match="404"):
        bring(file_at(url), tmp_path / "other.zip")
    assert len(gone.asked) == 1


def test_no_room(tmp_path: Path) -> None:
    with serving(Behaviour(CONTENT)) as url, pytest.raises(StorageFull):
        bring(file_at(url, bytes=10**18), tmp_path / "set.zip")


def archive(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as content:
        for name in names:
            content.writestr(name, name)
    return made.getvalue()


def source(plan: dict[str, object] | None) -> Card:
    return Card.model_validate({**CARD, "fetch": plan})


def test_a_source_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    content = archive("train/images/a.png", "../outside.txt", "/etc/absolute.txt")
    server = Behaviour(content, statuses=[404])
    with serving(server) as url:
        card = source({"files": [file_at(url, content, unpack=True).model_dump()]})
        with pytest.raises(SourceUnavailable):
            fetch(card, tmp_path / "data")
        assert not (tmp_path / "data/hats").exists()
        target = fetch(card, tmp_path / "data")
    assert sorted(tree(target)) == ["SOURCE.txt", "etc/absolute.txt", "outside.txt", "train/images/a.png"]
    assert "licence: CC-BY-4.0" in (target / "SOURCE.txt").read_text()
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["hats"]
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
    asked = len(server.asked)
    assert fetch(card, tmp_path / "data") == target
    assert len(server.asked) == asked


def test_an_archive_that_is_none(tmp_path: Path) -> None:
    with serving(Behaviour(CONTENT)) as url:
        card = source({"files": [file_at(url, unpack=True).model_dump()]})
        with pytest.raises(SourceInvalid, match="unpacked"):
            fetch(card, tmp_path)
    assert not (tmp_path / "hats").exists()


def test_a_source_without_an_address_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"no address.*Ask the authors. Put it into .*/hats"):
        fetch(source({"by_hand": "Ask the authors."}), tmp_path)
    with pytest.raises(NotFound, match="Get it from its origin"):
        fetch(source(None), tmp_path)


@pytest.fixture
def repository(tmp_path: Path) -> tuple[str, str]:
    """A repository with two folders, and its commit."""
    root = tmp_path / "repository"
    for name in ("wanted set/images", "other"):
        (root / name).mkdir(parents=True)
        (root / name / "a.txt").write_text(name)

    def git(*words: str) -> str:
        who = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
        done = subprocess.run(["git", *who, *words], cwd=root, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    git("init", "-q")
    git("config", "uploadpack.allowFilter", "true")
    git("config", "uploadpack.allowAnySHA1InWant", "true")
    git("add", ".")
    git("commit", "-qm", "one")
    return root.as_uri(), git("rev-parse", "HEAD")


def test_one_folder_of_one_commit(tmp_path: Path, repository: tuple[str, str]) -> None:
    (tmp_path / "work").mkdir()
    fetch_git(*repository, "wanted set", tmp_path / "work", protocols=("file",))
    there = {name for name in tree(tmp_path / "work") if not name.startswith(".git")}
    assert there == {"wanted set/images/a.txt"}


def test_a_folder_or_commit_that_is_not_there(tmp_path: Path, repository: tuple[str, str]) -> None:
    for name in "abc":
        (tmp_path / name).mkdir()
    with pytest.raises(NotFound, match="no folder 'none'"):
        fetch_git(*repository, "none", tmp_path / "a", protocols=("file",))
    with pytest.raises(SourceUnavailable, match="Git says"):
        fetch_git(repository[0], "0" * 40, "other", tmp_path / "b", protocols=("file",))
    with pytest.raises(SourceUnavailable, match="not allowed"):
        fetch_git(*repository, "other", tmp_path / "c")


@pytest.mark.parametrize("folder", ["../up", "/etc", "-x", "a/../../b"])
def test_a_card_cannot_reach_outside(folder: str) -> None:
    with pytest.raises(ValidationError):
        FetchGit(repository="https://example.com/r", commit="0" * 40, folder=folder)


def test_a_card_names_no_other_protocol() -> None:
    with pytest.raises(ValidationError):
        FetchGit(repository="ext::sh -c true", commit="0" * 40)
    with pytest.raises(ValidationError):
        file_at("file:///etc/passwd")
