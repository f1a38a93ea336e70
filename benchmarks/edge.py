#!/usr/bin/env python3
"""What the edge adds to the detector's own time, beside what a user would pick instead.

    python benchmarks/edge.py [--smoke] [--video FILE] [--model NAME]

Prints tables; the last line of output is one JSON object with ``ratio_to_floor`` and a ratio per peer.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import cameras, contest, floor, machine, material


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--smoke", action="store_true", help="a short run: shows that it works, not how fast it is"
    )
    parser.add_argument("--video", type=Path, help="a 1080p H.264 file; default: made from the shipped clip")
    parser.add_argument("--model", default="siaga-ppe-n", help="name or manifest of the model")
    parser.add_argument("--most-cameras", type=int, default=8, help="stop looking for more cameras here")
    parser.add_argument("--no-peers", action="store_true", help="leave out the peers")
    parser.add_argument("--no-cameras", action="store_true", help="leave out the live cameras")
    return parser.parse_args()


def _floor(video: Path, options: argparse.Namespace) -> dict[str, Any]:
    size = {"rounds": 2, "pictures": 8} if options.smoke else {"rounds": 7, "pictures": 40}
    result = {}
    for name, evidence in (("without_evidence", False), ("everything_on", True)):
        result[name] = floor.measure(video, options.model, evidence=evidence, **size)
        decode, runtime, path, ratio = (
            result[name][key]["median"] for key in ("decode_ms", "runtime_ms", "path_ms", "ratio_to_floor")
        )
        print(
            f"{name:>18}: decode {decode:.1f} ms, runtime {runtime:.1f} ms, "
            f"whole path {path:.1f} ms = {ratio:.3f} of the floor",
            flush=True,
        )
    return result


def _contests(video: Path, options: argparse.Namespace) -> dict[str, Any]:
    if options.no_peers:
        return {}
    if not contest.installed():
        print("the peers (ultralytics, supervision) are not installed: left out", flush=True)
        return {}
    seconds, rounds = (1.0, 1) if options.smoke else (10.0, 2)
    result = {}
    for name, tuned in (("defaults", False), ("one_thread_each", True)):
        result[name] = contest.contest(
            video,
            options.model,
            streams=2,
            seconds=seconds,
            rounds=rounds,
            tuned=tuned,
        )
        for peer, ratio in result[name]["ratio"].items():
            print(f"{name:>18}: {ratio['median']:.2f} x the frames per second of {peer}", flush=True)
        if options.smoke:
            break
    return result


def _cameras(video: Path, options: argparse.Namespace) -> list[dict[str, Any]]:
    if options.no_cameras or options.smoke:
        return []
    tried: list[dict[str, Any]] = []
    for count in range(1, options.most_cameras + 1):
        tried.append(cameras.measure(video, options.model, count, seconds=30.0))
        print(f"{count:>18} cameras: {tried[-1]}", flush=True)
        if not tried[-1]["fits"]:
            break
    return tried


def main() -> None:
    """Measure and report."""
    options = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        video = options.video
        if video is None:
            print("making the 1080p video ...", flush=True)
            video = material.write_1080p(Path(folder) / "cam1080.mp4", 4 if options.smoke else 60)
        measured = _floor(video, options)
        contests = _contests(video, options)
        live = _cameras(video, options)
    machine.last_line(
        machine.describe()
        | {
            "benchmark": "edge",
            "model": options.model,
            "smoke": options.smoke,
            "ratio_to_floor": measured["everything_on"]["ratio_to_floor"]["median"],
            "ratio_to_floor_without_evidence": measured["without_evidence"]["ratio_to_floor"]["median"],
            "ratio_to_peers": {
                mode: {peer: ratio["median"] for peer, ratio in result["ratio"].items()}
                for mode, result in contests.items()
            },
            "cameras_at_5fps": max((run["cameras"] for run in live if run["fits"]), default=None),
            "details": {"floor": measured, "contests": contests, "cameras": live},
        }
    )


if __name__ == "__main__":
    main()
