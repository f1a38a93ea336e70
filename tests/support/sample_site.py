"""A site with a day of violations, its evidence and its ledger, sent to a running service.

As a script: start a service on a folder with such a day in it and serve it until interrupted::

    python -m tests.support.sample_site FOLDER [PORT]
"""

import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import httpx
import numpy as np
import numpy.typing as npt

from siaga.api import ServiceOptions, ServiceReady, run_service
from siaga.core.clock import SystemClock
from tests.support.clips import write_clip
from tests.support.records import RecordMaker, evidence_entry

Rgb = npt.NDArray[np.uint8]

WIDTH, HEIGHT = 1280, 720
_SKIES = {"gate": (196, 208, 216), "crane": (214, 201, 180), "pit": (158, 168, 174)}


def picture(camera: str, step: int, marking: str | None = None) -> Rgb:
    """A drawn building site with one worker, RGB (720, 1280, 3)."""
    rgb = np.full((HEIGHT, WIDTH, 3), _SKIES.get(camera, (180, 190, 196)), np.uint8)
    rgb[430:] = (151, 132, 108)
    for left in range(60, WIDTH, 330):
        cv2.rectangle(rgb, (left, 150), (left + 190, 470), (120, 126, 132), -1)
        for top in range(180, 440, 60):
            cv2.rectangle(rgb, (left + 24, top), (left + 164, top + 34), (88, 98, 108), -1)
    cv2.line(rgb, (820, 40), (820, 470), (196, 150, 40), 12)
    cv2.line(rgb, (600, 70), (1180, 70), (196, 150, 40), 12)
    x = 300 + 6 * step
    cv2.rectangle(rgb, (x, 400), (x + 70, 520), (214, 112, 28), -1)
    cv2.rectangle(rgb, (x + 6, 520), (x + 64, 640), (52, 60, 88), -1)
    for row in range(4):
        for column in range(4):
            shade = 120 + 18 * ((row * 3 + column * 5) % 4)
            corner = (x + 13 + 11 * column, 350 + 12 * row)
            cv2.rectangle(rgb, corner, (corner[0] + 11, corner[1] + 12), (shade, shade - 30, shade - 50), -1)
    if marking is not None:
        cv2.rectangle(rgb, (x - 14, 338), (x + 84, 650), (222, 60, 50), 5)
        cv2.rectangle(rgb, (x - 14, 292), (x + 190, 338), (222, 60, 50), -1)
        cv2.putText(rgb, marking, (x - 4, 326), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (255, 255, 255), 2)
    return rgb


def jpeg(rgb: Rgb) -> bytes:
    """``rgb`` as a JPEG file."""
    done, data = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 85])
    assert done
    return data.tobytes()


def clip(camera: str) -> bytes:
    """Four seconds of H.264 in MP4, the worker walking."""

    def paint(rgb: Rgb, index: int) -> None:
        rgb[:] = cv2.resize(picture(camera, index), (rgb.shape[1], rgb.shape[0]))

    with TemporaryDirectory() as folder:
        path = write_clip(Path(folder) / "clip.mp4", frames=60, fps=15, size=(960, 540), painter=paint)
        return path.read_bytes()


def verdict(
    item: str, state: str, confidence: float, votes: tuple[int, int, int], **more: Any
) -> dict[str, Any]:
    """A verdict with votes (worn, missing, unknown)."""
    worn, missing, unknown = votes
    return {
        "item": item,
        "state": state,
        "confidence": confidence,
        "votes": {"worn": worn, "missing": missing, "unknown": unknown},
    } | more


class SampleSite:
    """Sends a day's records, evidence and ledger to a service.

    Args:
        device: A client with the service's address and the device's token.
    """

    def __init__(self, device: httpx.Client, maker: RecordMaker) -> None:
        self._device = device
        self._maker = maker

    def record(self, **fields: Any) -> dict[str, Any]:
        """Make and send the next record."""
        record = self._maker.make(**fields)
        self._device.put(f"/api/v1/events/{record['id']}", json=record).raise_for_status()
        return record

    def evidence(self, camera: str, step: int, marking: str) -> list[tuple[dict[str, Any], bytes]]:
        """A clean picture, a marked one and a clip, each with what the record says about it."""
        size = {"width": WIDTH, "height": HEIGHT}
        done = {"privacy": {"heads": "pixelated", "masks": 0, "heads_covered": 1}}
        clean, marked, film = jpeg(picture(camera, step)), jpeg(picture(camera, step, marking)), clip(camera)
        return [
            (evidence_entry("snapshot", "image/jpeg", clean, **size, **done), clean),
            (evidence_entry("annotated", "image/jpeg", marked, **size, **done), marked),
            (
                evidence_entry("clip", "video/mp4", film, width=960, height=540, trigger_s=1.5, **done),
                film,
            ),
        ]

    def upload(self, pieces: list[tuple[dict[str, Any], bytes]]) -> None:
        """Send the bytes of evidence."""
        for entry, data in pieces:
            headers = {
                "Upload-Offset": "0",
                "Upload-Length": str(len(data)),
                "Content-Type": entry["media_type"],
            }
            self._device.patch(f"/api/v1/evidence/{entry['sha256']}", content=data, headers=headers)

    def violation(self, camera: str, step: int, *, ago_s: float, lasts_s: float | None, **fields: Any) -> str:
        """A violation with all its evidence; ``lasts_s`` None leaves it open."""
        pieces = self.evidence(camera, step, "in zone" if fields.get("zone") == "excavator" else "no helmet")
        new = self.record(camera=camera, ago_s=ago_s, evidence=[entry for entry, _ in pieces], **fields)
        self.upload(pieces)
        if lasts_s is not None:
            end_at = (datetime.fromisoformat(new["start_at"]) + timedelta(seconds=lasts_s)).isoformat()
            self.record(
                **{"camera": camera, **fields}
                | {"event_id": new["id"], "state": "end", "reason": "left"}
                | {"start_at": new["start_at"], "end_at": end_at, "said_at": end_at}
            )
        return str(new["id"])

    def send_all(self) -> None:
        """A day as it may be: open and ended, seen and not seen, with and without evidence."""
        missing = [verdict("helmet", "missing", 0.94, (1, 9, 2))]
        cannot_tell = [verdict("helmet", "unknown", 0.0, (1, 1, 10), reason="too_small")]
        worker = {"track_id": 7, "xyxyn": [0.2, 0.4, 0.3, 0.9], "verdicts": missing}
        mate = {"track_id": 9, "xyxyn": [0.6, 0.4, 0.65, 0.6], "verdicts": cannot_tell}
        walker = {"track_id": 12, "xyxyn": [0.4, 0.4, 0.5, 0.9], "verdicts": []}
        zone = {"rule": "zone_intrusion", "items": [], "zone": "excavator", "subjects": [walker]}
        model = {"model": {"name": "site-ppe-n-640", "sha256": "a1" * 32}}
        self.violation("gate", 0, ago_s=90_000, lasts_s=340, subjects=[worker], **model)
        self.record(
            camera="pit",
            ago_s=50_000,
            evidence=[{"kind": "clip", "status": "missed", "reason": "disk_full"}],
            subjects=[worker],
            items=["helmet", "vest"],
        )
        self.violation("pit", 20, ago_s=7300, lasts_s=21, **zone, **model)
        self.violation("crane", 60, ago_s=1500, lasts_s=75, subjects=[worker, mate], zone="scaffold", **model)
        self.record(
            camera="crane",
            rule="camera_unmonitored",
            items=[],
            severity="warning",
            ago_s=640,
            reason="offline",
            detail={"condition": "offline", "zones": 2},
        )
        self.violation("gate", 34, ago_s=42, lasts_s=None, subjects=[worker], **model)
        self.ledger()

    def ledger(self) -> None:
        """A few hours of three cameras."""
        hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        rows = [
            {
                "site": "north tower",
                "camera": camera,
                "zone": None,
                "hour": (hour - timedelta(hours=back)).isoformat(),
                "watched_s": 3600.0 - down,
                "down_s": {"offline": down} if down else {},
                "person_s": 900.0,
                "judged_s": {"helmet.worn": 700.0, "helmet.missing": 60.0},
                "unknown_s": {"helmet.too_small": 120.0},
            }
            for camera, down in (("gate", 0.0), ("crane", 640.0), ("pit", 0.0))
            for back in range(3)
        ]
        self._device.put("/api/v1/ledger/box-1", json={"rows": rows}).raise_for_status()


def _seed(ready: ServiceReady) -> None:
    token = ready.keys.device_token
    with httpx.Client(base_url=ready.url, headers={"Authorization": f"Bearer {token}"}) as device:
        SampleSite(device, RecordMaker(SystemClock())).send_all()
    print(ready.open_url, flush=True)


def main(folder: str, port: str = "0") -> None:
    """Serve ``folder``; fill it first."""

    def seed(ready: ServiceReady) -> None:
        threading.Thread(target=_seed, args=(ready,)).start()

    run_service(ServiceOptions(Path(folder), port=int(port)), seed)


if __name__ == "__main__":
    main(*sys.argv[1:])
