"""The edge on a disk that fills up: metadata must survive, evidence may be given up, and it must recover."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks import accounts, rig, sites

_SIZE = "24m"
_CHUNK = bytes(1 << 16)
_PATIENCE_S = 240.0
_WAITING_S = 20.0


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """Mount a small tmpfs; yields whether that was allowed."""
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", str(folder)]
    try:
        allowed = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        allowed = False
    try:
        yield allowed
    finally:
        if allowed:
            subprocess.run(["umount", "-l", str(folder)], capture_output=True, check=False)


def fill(disk: Path) -> None:
    """Write until nothing more goes; may be called again to fill what was freed since."""
    with (disk / "filler").open("ab", buffering=0) as filler:
        for chunk in (_CHUNK, bytes(512)):
            try:
                while filler.write(chunk) == len(chunk):
                    pass
            except OSError:
                continue


class _Run:
    """One camera with a person every six seconds, and the service on another disk."""

    def __init__(self, folder: Path, disk: Path) -> None:
        self.folder, self.disk, self.state = folder, disk, disk / "state"
        port = rig.free_port()
        self.server = rig.cameras(folder / "rtsp.log", port, {"gate": sites.tiny_clip(folder / "clip.mp4")})
        self.service = rig.service(folder / "service")
        more = {
            "ppe": {"requires": ["helmet"], "repeat_interval": "1s", "grouping": "0.2s"},
            "evidence": {"clip": {"pre_roll": 1, "post_roll": 1}, "ballast": "1MB"},
        }
        config = sites.write(
            folder / "site.yaml",
            self.state,
            sites.tiny_model(folder / "model"),
            {"gate": sites.camera(f"rtsp://127.0.0.1:{port}/gate", timeout="3s")},
            self.service,
            more,
        )
        self.edge = rig.edge(folder, config)

    def more_records(self, count: int) -> bool:
        """Whether ``count`` records more than now are written within the patience."""
        before = accounts.last_seq(self.state)
        return self.within(lambda: accounts.last_seq(self.state) >= before + count)

    def within(self, what: Callable[[], bool]) -> bool:
        """Whether ``what`` comes to hold within the patience."""
        try:
            rig.until(what, "", _PATIENCE_S, 0.5)
        except TimeoutError:
            return False
        return True

    def clips(self, status: str) -> set[str]:
        """Violations at the service whose clip has this status."""
        return {
            violation["event_id"]
            for violation in self.service.violations()
            for view in violation["evidence"]
            if view["evidence"]["kind"] == "clip"
            and (view["available"] if status == "available" else view["evidence"]["status"] == status)
        }

    def given_up(self) -> int:
        """Pieces of evidence that the service knows to be missed or shed."""
        return len(self.clips("shed") | self.clips("missed"))


def run(folder: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """The whole story; ``{"skipped": why}`` where no file system may be mounted."""
    with small_disk(folder / "mnt") as allowed:
        if not allowed:
            return {"skipped": "mounting a tmpfs is not allowed here"}
        story = _Run(folder, folder / "mnt")
        with story.server:
            try:
                return _story(story, say)
            finally:
                story.edge.kill()
                story.service.program.kill()


def _story(run: _Run, say: Callable[[str], None]) -> dict[str, Any]:
    run.service.program.start()
    run.service.await_ready()
    run.edge.start()
    rig.until(lambda: accounts.last_seq(run.state) > 0 and bool(run.clips("available")), "first clip", 300)
    told: dict[str, Any] = {}
    say("disk full: filling")
    before = run.given_up()
    fill(run.disk)
    told["metadata_while_full"] = run.more_records(4)
    told["evidence_given_up_said"] = run.within(lambda: run.given_up() > before)
    say("disk full: stopping, filling again, starting on the full disk")
    told["stopped_with"] = run.edge.stop()
    fill(run.disk)
    rig.clear_leftovers(run.folder)
    run.edge.start()
    told["starts_on_full_disk"] = run.within(lambda: _analysing(run)) and run.edge.running
    # Not a byte is free: what is said now waits in memory until there is room.
    time.sleep(_WAITING_S)
    told["stays_up_on_full_disk"] = _analysing(run) and run.edge.running
    written = accounts.last_seq(run.state)
    say("disk full: space again")
    known = run.clips("available")
    (run.disk / "filler").unlink()
    began = time.monotonic()
    told["what_waited_is_written"] = run.within(lambda: accounts.last_seq(run.state) >= written + 2)
    told["recovers"] = run.within(lambda: bool(run.clips("available") - known))
    told["recovered_after_s"] = round(time.monotonic() - began, 1)
    return told | _books(run)


def _analysing(run: _Run) -> bool:
    return any(camera["analysed"] > 10 for camera in rig.states(run.folder).values())


def _books(run: _Run) -> dict[str, Any]:
    run.server.kill()
    told: dict[str, Any] = {"exit_code": run.edge.stop()}
    run.edge.start()
    told["drained"] = accounts.await_drained(run.state, run.service, _PATIENCE_S)
    run.edge.stop()
    told["tracebacks"] = sum("Traceback" in str(line) for line in rig.log_lines(run.edge.log))
    return told | accounts.balance(run.state, run.service).as_dict()
