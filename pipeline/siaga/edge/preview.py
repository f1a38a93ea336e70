"""Live preview: the delivery process says which cameras, their engines make a few covered pictures of them.

They speak through files in the private folder of the running edge; nothing of this outlives it.
"""

import json
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import UUID

import structlog

from siaga.core.clock import Clock
from siaga.core.link import LONGEST_PREVIEW_S, PreviewRequest, Signed, unseal

log = structlog.get_logger(__name__)

ASKED = "preview.json"


def picture_file(runtime: Path, camera: str) -> Path:
    """Where a camera's newest covered picture is."""
    return runtime / f"preview-{camera}.jpg"


class PreviewDesk:
    """The delivery process's side.

    Args:
        runtime: The private folder of the running edge.
    """

    def __init__(self, runtime: Path, clock: Clock) -> None:
        self._runtime = runtime
        self._clock = clock
        self._running: dict[UUID, tuple[str, float]] = {}
        self._over: deque[UUID] = deque(maxlen=1000)
        self._sent: dict[UUID, int] = {}
        self._written: dict[str, float] = {}

    @property
    def busy(self) -> bool:
        """Whether any camera is shown."""
        self._tidy()
        return bool(self._running)

    def take(self, asked: Sequence[Signed], key: str, site: str) -> None:
        """Show what is asked for, and nothing that is not asked for any more.

        Raises:
            Forged: Another key signed it.
        """
        requests = [unseal(signed, key, PreviewRequest) for signed in asked]
        wanted = {request.id: request for request in requests if request.site == site}
        for preview in [one for one in self._running if one not in wanted]:
            self.end(preview)
        for preview, request in wanted.items():
            if preview not in self._running and preview not in self._over:
                seconds = min(request.seconds, LONGEST_PREVIEW_S)
                self._running[preview] = (request.camera, self._clock.monotonic() + seconds)
                log.info("live preview begins", camera=request.camera, seconds=seconds)
        self._tidy()

    def end(self, preview: UUID) -> None:
        """Show it no more, whoever asks again under the same id."""
        camera, _ = self._running.pop(preview)
        self._over.append(preview)
        self._sent.pop(preview, None)
        log.info("live preview ends", camera=camera)
        self._tidy()

    def _tidy(self) -> None:
        now = self._clock.monotonic()
        late = [preview for preview, (_, until) in self._running.items() if until <= now]
        for preview in late:
            camera, _ = self._running.pop(preview)
            self._over.append(preview)
            log.info("live preview ends", camera=camera)
        cameras: dict[str, float] = {}
        for camera, until in self._running.values():
            cameras[camera] = max(until, cameras.get(camera, until))
        if cameras != self._written:
            self._written = cameras
            partial = (self._runtime / ASKED).with_suffix(".partial")
            partial.write_text(json.dumps(cameras))
            partial.replace(self._runtime / ASKED)

    def frames(self) -> Iterator[tuple[UUID, bytes]]:
        """Pictures that are newer than those given before."""
        for preview, (camera, _) in list(self._running.items()):
            path = picture_file(self._runtime, camera)
            try:
                made, data = path.stat().st_mtime_ns, path.read_bytes()
            except FileNotFoundError:
                continue
            if self._sent.get(preview) != made:
                self._sent[preview] = made
                yield preview, data


class PreviewAsked:
    """An engine's side: which of its cameras are shown, until when.

    Args:
        path: Of the desk's file.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._seen = 0
        self._until: dict[str, float] = {}

    def refresh(self) -> None:
        """Look whether the desk said something new; pictures of what is over are removed."""
        try:
            changed = self._path.stat().st_mtime_ns
            if changed != self._seen:
                self._seen, self._until = changed, json.loads(self._path.read_text())
        except (OSError, ValueError):
            return
        now = self._clock.monotonic()
        for camera in [name for name, until in self._until.items() if until <= now]:
            del self._until[camera]
        for left in self._path.parent.glob("preview-*.jpg"):
            if left.stem.removeprefix("preview-") not in self._until:
                left.unlink(missing_ok=True)

    def wants(self, camera: str) -> bool:
        """Whether this camera is shown now."""
        return self._until.get(camera, 0.0) > self._clock.monotonic()
