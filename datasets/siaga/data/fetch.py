"""Bringing a source by its card: over HTTP with resuming, or a commit of a Git repository.

What arrives is believed for its hash alone: the card's sha256, or the commit id. A source stands in its
folder whole or not at all.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import httpx
import stamina

from siaga.core.errors import (
    DependencyMissing,
    NotFound,
    SourceInvalid,
    SourceUnavailable,
    StorageError,
    StorageFull,
)

from .cards import Card, FetchFile, FetchGit
from .overlap import Progress

_TRIES = 6
_GIT_PROTOCOLS = ("https",)


class _Cut(Exception):
    """The connection ended before the file did; what came is kept."""


def fetch(card: Card, root: Path, progress: Progress | None = None) -> Path:
    """Bring a source into ``root/NAME``; returns that folder. Fetched before, it is left alone.

    Args:
        progress: Called with bytes so far and in all, where they are known.

    Raises:
        NotFound: The card gives no address; its text says how to get the source by hand.
        SourceUnavailable: The address does not answer, or broke off too often; the next call goes on.
        SourceInvalid: What came is not what the card says.
        StorageError: It cannot be written here.
    """
    target = root / card.name
    if target.is_dir() and any(target.iterdir()):
        return target
    plan = card.fetch
    if plan is None or not (plan.files or plan.git):
        how = plan.by_hand if plan else None
        raise NotFound(
            f"{card.name} has no address to fetch it from.",
            where=card.origin,
            fix=f"{how or 'Get it from its origin.'} Put it into {target}.",
        )
    root.mkdir(parents=True, exist_ok=True)
    if plan.git is not None:
        _git_into(plan.git, target)
    else:
        parts = root / f".{card.name}.part"
        parts.mkdir(exist_ok=True)
        with httpx.Client(follow_redirects=True, timeout=30) as client:
            for file in plan.files:
                fetch_file(client, file, parts / file.name, progress)
        _place(plan.files, parts, target)
    _write_origin(card, target)
    return target


def fetch_file(
    client: httpx.Client, file: FetchFile, target: Path, progress: Progress | None = None, wait_s: float = 1.0
) -> None:
    """Bring one file; a part that is there already is gone on with.

    Args:
        wait_s: Before the second try, in seconds; later waits are longer.

    Raises:
        SourceUnavailable: No answer, or broken off too often.
        SourceInvalid: Another size or another sha256 than the card's; the part is thrown away.
    """
    if target.is_file() and _sha256(target) == file.sha256:
        return
    part = target.with_name(f"{target.name}.part")
    have = part.stat().st_size if part.exists() else 0
    if shutil.disk_usage(target.parent).free < file.bytes - have:
        raise StorageFull(
            f"{file.bytes - have} bytes are needed", where=str(target.parent), fix="Make room and try again."
        )
    again = stamina.retry_context(
        on=(_Cut, httpx.TransportError),
        attempts=_TRIES,
        wait_initial=wait_s,
        wait_jitter=wait_s,
        timeout=None,
    )
    try:
        for attempt in again:
            with attempt:
                _stream(client, file, part, progress)
    except (_Cut, httpx.TransportError) as error:
        raise SourceUnavailable(
            f"the connection broke off {_TRIES} times ({str(error) or type(error).__name__})",
            where=file.url,
            fix="Call it again: it goes on where it was.",
        ) from error
    _accept(file, part, target)


def _stream(client: httpx.Client, file: FetchFile, part: Path, progress: Progress | None) -> None:
    have = part.stat().st_size if part.exists() else 0
    if have >= file.bytes:
        return
    headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={have}-"} if have else {})}
    with client.stream("GET", file.url, headers=headers) as answer:
        if answer.status_code >= 500 or answer.status_code == 429:
            raise _Cut(f"HTTP {answer.status_code}")
        if answer.status_code not in (200, 206):
            raise SourceUnavailable(
                f"the server answers {answer.status_code}",
                where=file.url,
                fix="Look whether the address still holds; correct the card.",
            )
        goes_on = answer.status_code == 206 and answer.headers.get("content-range", "").startswith(
            f"bytes {have}-"
        )
        _append(answer, part, have if goes_on else 0, file, progress)


def _append(
    answer: httpx.Response, part: Path, have: int, file: FetchFile, progress: Progress | None
) -> None:
    with part.open("ab" if have else "wb") as out:
        for chunk in answer.iter_raw():
            have += len(chunk)
            if have > file.bytes:
                break
            out.write(chunk)
            if progress is not None:
                progress(have, file.bytes)
    if have < file.bytes:
        raise _Cut(f"{have} of {file.bytes} bytes came")
    if have > file.bytes:
        part.unlink()
        raise SourceInvalid(
            f"more than the {file.bytes} bytes of the card came", where=file.url, fix="Correct the card."
        )


def _accept(file: FetchFile, part: Path, target: Path) -> None:
    found = _sha256(part)
    if found != file.sha256:
        part.unlink()
        raise SourceInvalid(
            f"sha256 is {found}, the card says {file.sha256}",
            where=file.url,
            fix="The source has changed, or the way to it: look at it before you correct the card.",
        )
    with part.open("rb") as whole:
        os.fsync(whole.fileno())
    part.replace(target)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _place(files: tuple[FetchFile, ...], parts: Path, target: Path) -> None:
    """Unpack into a folder beside the target, then give it the target's name."""
    ready = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        for file in files:
            if file.unpack:
                _unpack(parts / file.name, ready)
            else:
                shutil.copyfile(parts / file.name, ready / file.name)
        ready.chmod(0o755)
        ready.replace(target)
    except OSError as error:
        raise StorageError(f"the source cannot be put in place ({error})", where=str(target)) from error
    finally:
        shutil.rmtree(ready, ignore_errors=True)
    shutil.rmtree(parts, ignore_errors=True)


def _unpack(archive: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(archive) as content:
            for member in content.infolist():
                # extract() takes "..", drive letters and leading slashes out of the names.
                content.extract(member, folder)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise SourceInvalid(f"the archive cannot be unpacked ({error})", where=str(archive)) from error


def _git_into(plan: FetchGit, target: Path) -> None:
    work = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        fetch_git(plan.repository, plan.commit, plan.folder, work)
        folder = work / plan.folder
        shutil.rmtree(work / ".git")
        folder.replace(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def fetch_git(
    repository: str, commit: str, folder: str, work: Path, protocols: tuple[str, ...] = _GIT_PROTOCOLS
) -> None:
    """Check out one folder of one commit into ``work``, without the rest of the history.

    Raises:
        DependencyMissing: Git is not installed.
        SourceUnavailable: The repository does not answer or does not have the commit.
        NotFound: The commit has no such folder.
    """
    allowed = [f"protocol.{name}.allow=always" for name in protocols]
    settings = [word for one in ("protocol.allow=never", *allowed) for word in ("-c", one)]

    def git(*words: str) -> str:
        return _git([*settings, "-C", str(work), *words], repository)

    git("init", "--quiet")
    git("remote", "add", "origin", repository)
    git("fetch", "--quiet", "--depth=1", "--filter=blob:none", "origin", commit)
    git("sparse-checkout", "set", "--no-cone", f"/{folder}/" if folder != "." else "/*")
    git("checkout", "--quiet", "FETCH_HEAD")
    if git("rev-parse", "HEAD").strip() != commit:
        raise SourceInvalid("the repository gave another commit", where=repository)
    if not (work / folder).is_dir():
        raise NotFound(f"the commit has no folder {folder!r}", where=f"{repository} {commit}")


def _git(words: list[str], repository: str) -> str:
    run: Callable[..., subprocess.CompletedProcess[str]] = subprocess.run
    try:
        done = run(
            ["git", *words],
            capture_output=True,
            text=True,
            env={**os.environ, "GIT_TERMINAL_PROMPT": "0"},
            check=True,
        )
    except FileNotFoundError as error:
        raise DependencyMissing("Git is not installed", fix="Install it: apt install git.") from error
    except subprocess.CalledProcessError as error:
        last = (error.stderr or "").strip().splitlines()[-1:] or ["no answer"]
        raise SourceUnavailable(f"Git says: {last[0]}", where=repository) from error
    return done.stdout


def _write_origin(card: Card, target: Path) -> None:
    text = f"{card.title}\norigin: {card.origin}\nlicence: {card.licence}\nattribution: {card.attribution}\n"
    if not (target / "SOURCE.txt").exists():
        (target / "SOURCE.txt").write_text(text, encoding="utf-8")
