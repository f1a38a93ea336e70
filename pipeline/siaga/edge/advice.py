"""What to change in a camera's own settings, from what it was seen to send."""

from dataclasses import dataclass

from siaga.core.settings import Audit, Clip, Detect
from siaga.frames.probe import ProbeReport

_WIDE = 2560
_HEAVY_BITS = 12e6


@dataclass(frozen=True, slots=True)
class Advice:
    """Something that works but could be better: ``what`` it is, and what to ``change``."""

    what: str
    change: str


def advise(report: ProbeReport) -> list[Advice]:
    """What would make this camera serve better; empty when nothing."""
    found = [
        _keyframes(report),
        _wide(report),
        _slow(report),
        _codec(report),
        _clock(report),
        _damage(report),
    ]
    if report.bits_per_second > _HEAVY_BITS:
        found.append(
            Advice(
                f"It sends {report.bits_per_second / 1e6:.0f} Mbit/s, which a site's network may not carry.",
                "Lower the bitrate in the camera; 4 Mbit/s are enough for 1080p.",
            )
        )
    return [entry for entry in found if entry is not None]


def _keyframes(report: ProbeReport) -> Advice | None:
    pre_roll = Clip().pre_roll
    interval = report.keyframe_seconds
    if interval is not None and interval <= pre_roll:
        return None
    seen = f"Keyframes are {interval:.1f} s apart" if interval is not None else "Keyframes are far apart"
    return Advice(
        f"{seen}: after lost data nothing is judged until the next one, and clips start late.",
        f"Set the keyframe interval (GOP, I-frame interval) to 1 to 2 s; over {pre_roll:g} s it is longer "
        "than a clip's pre-roll.",
    )


def _wide(report: ProbeReport) -> Advice | None:
    width, height = report.size
    if width < _WIDE:
        return None
    return Advice(
        f"{width} x {height} costs several times the decoding of 1080p.",
        "Give the camera's sub-stream the role detect and this one the role record; keep heads at least "
        "12 pixels high in the sub-stream.",
    )


def _slow(report: ProbeReport) -> Advice | None:
    wanted = Detect().fps
    if report.fps >= wanted * 0.95:
        return None
    return Advice(
        f"It sends {report.fps:.1f} pictures a second; Siaga analyses {wanted:g} by default.",
        f"Set at least {wanted:g} pictures a second in the camera, or lower detect.fps.",
    )


def _codec(report: ProbeReport) -> Advice | None:
    if report.codec != "hevc":
        return None
    return Advice(
        "It sends H.265: it is decoded at a higher cost, and clips are made anew in H.264 for browsers.",
        "Choose H.264 in the camera where its network allows.",
    )


def _clock(report: ProbeReport) -> Advice | None:
    limit = Audit().clock_off_after
    if report.clock_offset is None or abs(report.clock_offset) <= limit:
        return None
    return Advice(
        f"Its clock is {abs(report.clock_offset):.0f} s off; over {limit:g} s it counts as not monitored.",
        "Set an NTP server in the camera.",
    )


def _damage(report: ProbeReport) -> Advice | None:
    if report.corrupt == 0:
        return None
    return Advice(
        f"{report.corrupt} units were damaged or missing.",
        "Check the network to the camera; use TCP, a wired link, or a lower bitrate.",
    )
