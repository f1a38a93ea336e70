#!/usr/bin/env python3
"""Kill the edge and the service during an event storm, then count: nothing lost, nothing twice, no orphans.

    python benchmarks/kills.py [--edge-kills 200] [--service-kills 20] [--service-away] [--disk-full]

Prints a table; the last line of output is one JSON object.
"""

import argparse
import random
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import accounts, full_disk, machine, rig, sites

_DRAIN_S = 600.0
_ORPHAN_S = 2.0
_GIVE_UP_S = 30.0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--edge-kills", type=int, default=200, help="how often the edge is killed")
    parser.add_argument("--service-kills", type=int, default=20, help="how often the service is killed")
    parser.add_argument("--cameras", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1, help="of the moments of the kills")
    parser.add_argument("--shortest", type=float, default=0.5, help="least seconds from start to kill")
    parser.add_argument("--longest", type=float, default=8.0, help="most seconds from start to kill")
    parser.add_argument(
        "--service-away", action="store_true", help="the service is started only when the storm is over"
    )
    parser.add_argument("--disk-full", action="store_true", help="also fill a small tmpfs under the edge")
    parser.add_argument("--smoke", action="store_true", help="2 and 1 kills: shows that it works")
    parser.add_argument("--keep", type=Path, help="an empty folder for all files; default: a temporary one")
    options = parser.parse_args()
    if options.smoke:
        options.edge_kills, options.service_kills, options.cameras = 2, min(1, options.service_kills), 1
    return options


class Storm:
    """Cameras, edge and service of one run."""

    def __init__(self, folder: Path, cameras: int) -> None:
        self.folder = folder
        self.state = folder / "state"
        clip = sites.tiny_clip(folder / "clip.mp4")
        port = rig.free_port()
        names = [f"cam{index}" for index in range(cameras)]
        self.server = rig.cameras(folder / "rtsp.log", port, dict.fromkeys(names, clip))
        self.service = rig.service(folder / "service")
        blocks = {name: sites.camera(f"rtsp://127.0.0.1:{port}/{name}", timeout="3s") for name in names}
        config = sites.write(
            folder / "site.yaml",
            self.state,
            sites.tiny_model(folder / "model"),
            blocks,
            self.service,
            {
                "ppe": {"requires": ["helmet"], "repeat_interval": "1s", "grouping": "0.2s"},
                "evidence": {"clip": {"pre_roll": 1, "post_roll": 1}, "ballast": "100kB"},
                "detector": {"engines": 1},
            },
        )
        self.edge = rig.edge(folder, config)
        self.leftovers = 0

    def start_edge(self) -> None:
        """Start it; what a killed life left in the temporary folder is counted and cleared."""
        self.leftovers += rig.clear_leftovers(self.folder)
        self.edge.start()


def _kill_edge(storm: Storm, *, whole_group: bool) -> float:
    """Kill -9; returns after how many seconds the last child was gone."""
    family = storm.edge.family()
    ages = {one.pid: time.time() - one.create_time() for one in family if rig.alive(one)}
    if whole_group:
        storm.edge.kill()
    elif storm.edge.process is not None:
        storm.edge.process.send_signal(signal.SIGKILL)
        storm.edge.process.wait()
    began = time.monotonic()
    left = family
    while (now := [one for one in left if rig.alive(one)]) and time.monotonic() - began < _GIVE_UP_S:
        left = now
        time.sleep(0.02)
    took = time.monotonic() - began
    if took > _ORPHAN_S:
        young = [f"{ages.get(one.pid, 0.0):.1f} s old" for one in left]
        rig.say(f"a child outlived its supervisor by {took:.1f} s ({', '.join(young)} at the kill)")
    storm.edge.kill()
    return took


def _kill_service(storm: Storm, times: int, dice: random.Random, over: threading.Event) -> None:
    for _ in range(times):
        if over.wait(dice.uniform(2.0, 10.0)):
            return
        storm.service.program.kill()
        time.sleep(dice.uniform(0.1, 2.0))
        storm.service.program.start()
        storm.service.await_ready()


def _rage(storm: Storm, options: argparse.Namespace) -> dict[str, Any]:
    """The kills. Every fourth time only the supervisor is killed; its children must follow by themselves."""
    dice = random.Random(options.seed)
    over, lasted = threading.Event(), []
    times = 0 if options.service_away else options.service_kills
    killer = threading.Thread(
        target=_kill_service, args=(storm, times, random.Random(options.seed + 1), over)
    )
    killer.start()
    for count in range(1, options.edge_kills + 1):
        before = accounts.last_seq(storm.state)
        storm.start_edge()
        # Some die while starting, the others in the middle of recording.
        if dice.random() < 0.6:
            _await_records(storm, before)
        time.sleep(dice.uniform(options.shortest, options.longest))
        alone = count % 4 == 0 or options.smoke
        took = _kill_edge(storm, whole_group=not alone)
        lasted += [took] if alone else []
        if count % 10 == 0 or options.smoke:
            rig.say(f"{count} kills of the edge, {accounts.last_seq(storm.state)} records")
    killer.join()
    over.set()
    return {
        "edge_kills": options.edge_kills,
        "service_kills": times,
        "children_outlived_s_most": round(max(lasted, default=0.0), 2),
        "children_followed": all(took <= _ORPHAN_S for took in lasted),
    }


def _await_records(storm: Storm, before: int) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end and accounts.last_seq(storm.state) <= before:
        time.sleep(0.1)


def _quiet_life(storm: Storm) -> tuple[bool, int]:
    """Start, sweep, deliver all, stop; whether all was delivered, and the exit code."""
    storm.start_edge()
    rig.until(lambda: rig.delivery(storm.folder), "the edge is up again")
    drained = accounts.await_drained(storm.state, storm.service, _DRAIN_S)
    return drained, storm.edge.stop()


def _settle(storm: Storm, options: argparse.Namespace) -> dict[str, Any]:
    """Two lives without cameras (what is recorded while stopping goes out with the next), then the books."""
    if options.service_away:
        storm.service.program.start()
        storm.service.await_ready()
    storm.server.kill()
    lives = [_quiet_life(storm) for _ in range(2)]
    books = accounts.balance(storm.state, storm.service).as_dict()
    return books | {
        "drained": all(drained for drained, _ in lives),
        "exit_codes": [code for _, code in lives],
        "tracebacks": sum("Traceback" in str(line) for line in rig.log_lines(storm.edge.log)),
        "runtime_folders_left": storm.leftovers,
    }


def storm(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """The whole run."""
    run = Storm(folder, options.cameras)
    with run.server:
        try:
            run.service.program.start()
            run.service.await_ready()
            if options.service_away:
                run.service.program.kill()
            rage = _rage(run, options)
            return rage | {"service_away": options.service_away} | _settle(run, options)
        finally:
            run.edge.kill()
            run.service.program.kill()


def main() -> None:
    """Run and report."""
    options = _arguments()
    result: dict[str, Any] = {"benchmark": "kills", "smoke": options.smoke}
    with tempfile.TemporaryDirectory(prefix="siaga-kills-") as temporary:
        folder = options.keep or Path(temporary)
        (folder / "storm").mkdir(parents=True)
        described = machine.describe()
        result["storm"] = storm(options, folder / "storm")
        if options.disk_full:
            result["disk_full"] = full_disk.run(folder / "disk", rig.say)
    for part, figures in result.items():
        if isinstance(figures, dict):
            for name, value in figures.items():
                print(f"{part:>10}  {name:<28} {value}")
    machine.last_line(described | result)


if __name__ == "__main__":
    main()
