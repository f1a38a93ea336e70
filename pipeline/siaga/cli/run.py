"""``siaga run``: the edge."""

import time
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer

from siaga.cli.console import stop_on_signals

log = structlog.get_logger("siaga")

_SAY_EVERY_S = 10.0


def run(
    config: Annotated[Path, typer.Argument(help="The site's configuration, e.g. site.yaml.")],
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say more.")] = False,
    json_logs: Annotated[bool, typer.Option("--json-logs", help="One JSON object per log line.")] = False,
) -> None:
    """Watch the cameras of a site until stopped (Ctrl-C).

    Events, evidence and the ledger are kept in the configuration's state_dir and delivered to deliver.url.
    """
    from siaga.core.settings.load import load_settings
    from siaga.edge.logs import configure_logs
    from siaga.edge.metrics import MetricsServer
    from siaga.edge.site import run_site

    loaded = load_settings(config)
    configure_logs(loaded.redact, json=json_logs, verbose=verbose)
    stop = stop_on_signals()
    reporter = Reporter()
    with MetricsServer(loaded.settings.metrics) as metrics:

        def on_state(state: Any) -> None:
            metrics.update(state)
            reporter.say(state)

        run_site(
            loaded,
            stop,
            on_state=on_state,
            secrets_known=loaded.redact.secrets,
            verbose=verbose,
            json_logs=json_logs,
        )


class Reporter:
    """A line about every camera now and then."""

    def __init__(self) -> None:
        self._next = time.monotonic() + _SAY_EVERY_S
        self._before: dict[str, tuple[float, int]] = {}

    def say(self, state: Any) -> None:
        """Say how the site stands, if it is time to."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _SAY_EVERY_S
        if state.link.get("halted"):
            log.warning("halted by the service: no camera is decoded")
        for engine in state.engines:
            for name, camera in engine["cameras"].items():
                log.info("camera", camera=name, **self._line(name, engine["at"], camera))
        if state.delivery:
            waiting = sum(state.delivery["waiting"].values())
            log.info("delivery", records=state.delivery["last_seq"], waiting=waiting)

    def _line(self, name: str, at: float, camera: dict[str, Any]) -> dict[str, Any]:
        before_at, before = self._before.get(name, (at, camera["analysed"]))
        self._before[name] = (at, camera["analysed"])
        fps = (camera["analysed"] - before) / (at - before_at) if at > before_at else 0.0
        line: dict[str, Any] = {
            "fps": round(fps, 1),
            "age_p95_ms": camera["age_p95_ms"],
            "overwritten": camera["overwritten"],
        }
        if camera["conditions"]:
            line["not_monitored"] = ",".join(camera["conditions"])
        return line
