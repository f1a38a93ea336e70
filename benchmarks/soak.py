#!/usr/bin/env python3
"""Let the whole edge run on looping cameras for a while, and look closely at what came of it.

    python benchmarks/soak.py [--minutes 10] [--videos DIR] [--cameras N] [--codec h264|h265]
                              [--server python|gst] [--model NAME] [--config YAML] [--smoke]

Compares the events with what a person counted (soak_expected.yaml), plays every clip in a browser, checks
that memory is flat and that nothing went wrong. The last line of output is one JSON object.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import yaml

from benchmarks import accounts, footage, machine, playback, rig, sites, watching

HERE = Path(__file__).parent
_SAY_EVERY_S = 30.0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--videos", type=Path, help="a folder of .mp4 files; default: the shipped clips")
    parser.add_argument("--cameras", type=int, help="default: one per video that has a count by eye, or all")
    parser.add_argument("--codec", choices=("h264", "h265"), default="h264")
    parser.add_argument("--server", choices=("python", "gst"), default="python", help="the RTSP server")
    parser.add_argument("--model", default="siaga-ppe-n", help="name or manifest of the model")
    parser.add_argument("--config", type=Path, help="YAML that is laid over the site's configuration")
    parser.add_argument("--keep", type=Path, help="an empty folder for all files; default: a temporary one")
    parser.add_argument(
        "--smoke", action="store_true", help="half a minute of a drawn clip and a tiny model, two cameras"
    )
    options = parser.parse_args()
    if options.smoke:
        options.minutes, options.cameras = min(options.minutes, 0.5), options.cameras or 2
    return options


def _videos(options: argparse.Namespace, folder: Path, expected: Mapping[str, Any]) -> dict[str, Path]:
    """The file behind each camera, by the camera's name."""
    if options.smoke:
        files = [sites.tiny_clip(folder / "drawn.mp4")]
    else:
        files = footage.found(options.videos, expected)
    count = options.cameras or len(files)
    chosen = [(files[index % len(files)], index // len(files)) for index in range(count)]
    if options.codec == "h265":
        made = {file: footage.as_h265(file, folder) for file, _ in chosen}
        chosen = [(made[file], turn) for file, turn in chosen]
    return {file.stem + (f"-{turn + 1}" if turn else ""): file for file, turn in chosen}


def _configured(
    options: argparse.Namespace, folder: Path, urls: Mapping[str, str], service: rig.Service
) -> Path:
    zones = footage.zones()
    blocks = {name: sites.camera(url, zones.get(_video(name))) for name, url in urls.items()}
    more = yaml.safe_load(options.config.read_text()) if options.config else {}
    model = options.model
    if options.smoke:
        model = sites.tiny_model(folder / "model")
        brief = {"evidence": {"clip": {"pre_roll": 1, "post_roll": 1}}, "ppe": {"grouping": "0.5s"}}
        more = sites.merged(brief, more)
    return sites.write(folder / "site.yaml", folder / "state", model, blocks, service, more)


def _video(camera: str) -> str:
    """The video's name behind a camera's name."""
    return camera.rsplit("-", 1)[0] if camera[-1:].isdigit() and "-" in camera else camera


def _run(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    expected = yaml.safe_load((HERE / "soak_expected.yaml").read_text())
    videos = _videos(options, folder, expected)
    service = rig.service(folder / "service")
    with ExitStack() as stack:
        stack.enter_context(service.program)
        service.await_ready()
        with footage.served(options.server, options.codec, videos, folder) as urls:
            config = _configured(options, folder, urls, service)
            edge = stack.enter_context(rig.edge(folder, config))
            watch = _watched(options, folder, edge, set(videos))
            stopped, code = datetime.now(UTC), edge.stop()
        rig.say("delivering what was recorded while stopping")
        edge.start()
        drained = accounts.await_drained(folder / "state", service, 300)
        edge.stop()
        told = watch.summary() | {"exit_code": code, "drained": drained} | watching.complaints(edge.log)
        told["books"] = accounts.balance(folder / "state", service).as_dict()
        violations = service.violations()
        begun = [v for v in violations if watch.began <= datetime.fromisoformat(v["start_at"]) <= stopped]
        told["counts"] = _counts(begun, videos, (stopped - watch.began).total_seconds(), expected)
        told["clips"] = _clips(service, violations)
    return told


def _watched(options: argparse.Namespace, folder: Path, edge: rig.Program, names: set[str]) -> watching.Watch:
    """Start counting when every camera is analysed, and look every few seconds until time is up."""

    def all_there() -> bool:
        states = rig.states(folder)
        return names <= states.keys() and all(state["analysed"] > 0 for state in states.values())

    rig.until(all_there, "every camera is analysed", 300)
    rig.say(f"{len(names)} cameras are analysed; {options.minutes:g} minutes to go")
    watch = watching.Watch(folder, edge)
    until, said = time.monotonic() + options.minutes * 60, time.monotonic()
    while time.monotonic() < until and edge.running:
        watch.sample()
        if time.monotonic() - said > _SAY_EVERY_S:
            said = time.monotonic()
            rig.say(f"{(until - said) / 60:.1f} minutes to go; {watch.line()}")
        time.sleep(min(watching.EVERY_S, options.minutes * 6))
    return watch


def _counts(
    violations: list[dict[str, Any]], videos: Mapping[str, Path], seconds: float, expected: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Events per camera and rule, per loop of the video, beside what a person counted."""
    rows = []
    for camera, file in videos.items():
        loops = seconds / footage.length(file)
        for rule in ("missing_ppe", "zone_intrusion", "camera_unmonitored"):
            events = sum(v["camera"] == camera and v["rule"] == rule for v in violations)
            by_eye = expected.get(_video(camera), {}).get(rule)
            row = {"camera": camera, "rule": rule, "events": events, "loops": round(loops, 2)}
            row |= {"per_loop": round(events / loops, 2), "by_eye": by_eye and by_eye["count"]}
            if by_eye:
                low, high = by_eye["least"], by_eye["most"]
                row |= {"by_eye_from": low, "by_eye_to": high, "within": low <= round(events / loops) <= high}
            rows.append(row)
    return rows


def _clips(service: rig.Service, violations: list[dict[str, Any]]) -> dict[str, Any]:
    wanted = playback.clips(violations)
    if playback.browser() is None:
        return {"available": len(wanted), "skipped": "no chromium on this machine"}
    rig.say(f"playing {len(wanted)} clips in a browser")
    played = playback.play(service, wanted)
    failed = [vars(one) for one in played if not (one.plays and one.has_trigger)]
    return {
        "available": len(wanted),
        "play": sum(one.plays for one in played),
        "contain_trigger": sum(one.has_trigger for one in played),
        "failed": failed[:10],
    }


def _print(told: Mapping[str, Any]) -> None:
    for row in told["counts"]:
        if row["events"] or row["by_eye"] is not None:
            eye = f"by eye {row['by_eye']}" if row["by_eye"] is not None else ""
            print(
                f"{row['camera'][:34]:>34} {row['rule']:<19} {row['events']:>4} events, "
                f"{row['per_loop']:>6.2f} a loop  {eye}"
            )
    for name, value in told.items():
        if name != "counts":
            print(f"{name:>34} {value}")


def main() -> None:
    """Run and report."""
    options = _arguments()
    described = machine.describe()
    with tempfile.TemporaryDirectory(prefix="siaga-soak-") as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        told = _run(options, folder)
    _print(told)
    how = {name: getattr(options, name) for name in ("minutes", "codec", "server", "smoke")}
    how["model"] = "tiny" if options.smoke else options.model
    machine.last_line(described | {"benchmark": "soak"} | how | told)


if __name__ == "__main__":
    main()
