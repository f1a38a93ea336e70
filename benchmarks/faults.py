#!/usr/bin/env python3
"""Bad cameras beside good ones: is every camera back within 10 s, and do the others notice?

    python benchmarks/faults.py [--outage 60] [--freeze 30] [--damage 30] [--drops 100] [--smoke]

Four cameras of a real edge: a server is killed and comes back, is frozen, sends damaged pictures, drops its
connections; then three more that can never work are added: a wrong password, a closed port, a listener that
never answers. At the end everything that was written is searched for the passwords. The last line of output
is one JSON object.
"""

import argparse
import signal
import socket
import sys
import tempfile
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import machine, rig, sites, trouble, watching
from benchmarks.trouble import FaultSite
from siaga.demo.rtsp import RtspServer

_GOOD = ("victim", "shaky", "steady0", "steady1")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--outage", type=float, default=60.0, help="seconds without the server")
    parser.add_argument("--freeze", type=float, default=30.0, help="seconds for which the server is stopped")
    parser.add_argument("--damage", type=float, default=30.0, help="seconds with bit flips of 1e-5")
    parser.add_argument("--drops", type=float, default=100.0, help="seconds with a drop every 30")
    parser.add_argument("--drop-every", type=float, default=30.0)
    parser.add_argument("--bad", type=float, default=60.0, help="seconds beside the hopeless cameras")
    parser.add_argument("--model", help="name or manifest; default: one that costs next to nothing")
    parser.add_argument("--clip", type=Path, help="what the cameras show; default: a drawn clip")
    parser.add_argument("--keep", type=Path, help="an empty folder for all files; default: a temporary one")
    parser.add_argument("--smoke", action="store_true", help="seconds instead of minutes, short time-outs")
    options = parser.parse_args()
    if options.smoke:
        options.outage = options.freeze = options.damage = options.bad = 8.0
        options.drops, options.drop_every = 12.0, 4.0
    return options


def _outage(site: FaultSite, seconds: float) -> dict[str, Any]:
    with trouble.Fault(site, "victim") as fault:
        site.victim.kill()
        time.sleep(seconds)
        site.victim.start()
        rig.until(lambda: trouble.listens(site.victim_port), "the server listens again", every=0.05)
        fault.over()
    return fault.told


def _freeze(site: FaultSite, seconds: float) -> dict[str, Any]:
    with trouble.Fault(site, "victim") as fault:
        site.victim.signal(signal.SIGSTOP)
        time.sleep(seconds)
        site.victim.signal(signal.SIGCONT)
        fault.over()
    return fault.told


def _damage(site: FaultSite, seconds: float) -> dict[str, Any]:
    with trouble.Fault(site, "shaky") as fault:
        site.server.mounts["/shaky"].faults.bit_flips(1e-5, 7)
        time.sleep(seconds)
        site.server.mounts["/shaky"].faults.clear()
        fault.over()
    return fault.told


def _drops(site: FaultSite, seconds: float, every: float) -> dict[str, Any]:
    with trouble.Fault(site, "shaky") as fault:
        site.server.mounts["/shaky"].faults.drop_every(every)
        time.sleep(seconds)
        site.server.mounts["/shaky"].faults.clear()
        fault.over()
    return fault.told


def _hopeless(site: FaultSite, seconds: float, before: dict[str, float]) -> dict[str, Any]:
    """Frames of the good cameras beside three bad ones; then the bad ones get their servers."""
    rig.until(lambda: set(_GOOD) <= site.alive(), "the good cameras are analysed again", 300)
    time.sleep(5.0)
    during = site.rates(seconds)
    told: dict[str, Any] = {
        "fps_before": {name: round(before[name], 2) for name in _GOOD},
        "fps_during": {name: round(during[name], 2) for name in _GOOD},
        "least_ratio": round(min(during[name] / before[name] for name in _GOOD), 3),
        "analysed": {name: site.analysed(name) for name in ("locked", "nowhere", "mute")},
    }
    for name in ("nowhere", "mute"):
        told[f"{name}_back_s"] = round(site.give_server(name), 1)
    unmonitored = site.unmonitored(None)
    told["unmonitored_told"] = sorted({v["camera"] for v in unmonitored})
    return told


def _site(folder: Path, clip: Path, server: RtspServer, stack: ExitStack) -> FaultSite:
    for name in ("shaky", "steady0", "steady1"):
        server.add(f"/{name}", clip)
    port = rig.free_port()
    victim = rig.cameras(folder / "victim.log", port, {"victim": clip}, password=trouble.RIGHT)
    stack.enter_context(victim)
    service = rig.service(folder / "service")
    stack.enter_context(service.program)
    service.await_ready()
    rig.until(lambda: trouble.listens(port), "the victim's server listens")
    return FaultSite(folder, clip, server, victim, port, service)


def _run(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    clip = options.clip or sites.tiny_clip(folder / "clip.mp4")
    model = options.model or sites.tiny_model(folder / "model")
    told: dict[str, Any] = {}
    with ExitStack() as stack:
        server = stack.enter_context(RtspServer())
        site = _site(folder, clip, server, stack)
        quick = options.smoke
        with rig.edge(folder, site.config("four.yaml", model, quick=quick), **trouble.PASSWORDS) as edge:
            rig.until(lambda: set(_GOOD) <= site.alive(), "the four cameras are analysed", 300)
            time.sleep(3.0)
            before = site.rates(8.0 if quick else 30.0)
            rig.say(f"frames a second before: {before}")
            faults = {
                "server_killed": partial(_outage, site, options.outage),
                "server_frozen": partial(_freeze, site, options.freeze),
                "bit_flips": partial(_damage, site, options.damage),
                "drops": partial(_drops, site, options.drops, options.drop_every),
            }
            site.before = before
            for name, fault in faults.items():
                told[name] = fault()
                rig.say(f"{name}: {told[name]}")
            edge.stop()
        told["hopeless"] = _second_site(site, stack, model, options, before)
        told["log"] = watching.complaints(folder / "edge.log")
    return told


def _second_site(
    site: FaultSite, stack: ExitStack, model: str, options: argparse.Namespace, before: dict[str, float]
) -> dict[str, Any]:
    locked = rig.free_port()
    clip = {"locked": site.clip}
    stack.enter_context(rig.cameras(site.folder / "locked.log", locked, clip, password=trouble.OTHER))
    mute = socket.socket()
    mute.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    mute.bind(("127.0.0.1", 0))
    mute.listen(64)
    site.bad = {"locked": locked, "nowhere": rig.free_port(), "mute": mute.getsockname()[1]}
    site.mute = mute
    stack.callback(mute.close)
    rig.clear_leftovers(site.folder)
    config = site.config("seven.yaml", model, quick=options.smoke)
    with rig.edge(site.folder, config, **trouble.PASSWORDS) as edge:
        told = _hopeless(site, options.bad, before)
        told["password_hits"] = trouble.search(site)
        told["exit_code"] = edge.stop()
    told["password_hits"] += trouble.search(site)
    told["ledger_arrived"] = site.ledger_arrived()
    return told


def main() -> None:
    """Run and report."""
    options = _arguments()
    described = machine.describe()
    with tempfile.TemporaryDirectory(prefix="siaga-faults-") as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        told = _run(options, folder)
    for name, figures in told.items():
        for key, value in figures.items():
            print(f"{name:>14}  {key:<24} {value}")
    machine.last_line(described | {"benchmark": "faults", "smoke": options.smoke} | told)


if __name__ == "__main__":
    main()
