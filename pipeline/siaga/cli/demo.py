"""``siaga demo``: a first look, with nothing but this machine."""

import os
import threading
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from siaga.cli.console import stdout, stop_on_signals
from siaga.cli.sources import source_url
from siaga.core.errors import DependencyMissing
from siaga.core.event import Event, EventState, EvidenceKind, EvidenceStatus, RuleKind
from siaga.core.redact import Redactor

if TYPE_CHECKING:
    from siaga.api.server import ServiceReady


def demo(
    source: Annotated[
        str | None,
        typer.Argument(help="Your own camera or video instead: rtsp://…, a file, or device:NUMBER."),
    ] = None,
    folder: Annotated[Path, typer.Option("--folder", help="Where the demo keeps its data.")] = Path(
        "var/demo"
    ),
    port: Annotated[int, typer.Option(help="Port of the page; 0 takes a free one.", min=0, max=65535)] = 8080,
    seconds: Annotated[
        float | None, typer.Option("--for", help="Stop after so many seconds; default: Ctrl-C.", min=1)
    ] = None,
    no_open: Annotated[bool, typer.Option("--no-open", help="Do not open a browser.")] = False,
) -> None:
    """Cameras, edge and service on this machine: watch Siaga find violations in the shipped clips.

    Needs no camera, no GPU and no network. Prints the page's address, and opens it where there is a desktop.
    """
    from siaga.edge.logs import configure_logs

    try:
        from siaga.demo.show import DemoOptions, show
    except ModuleNotFoundError as error:
        raise DependencyMissing(
            f"the demo needs the package {error.name}", fix="Install it: pip install 'siaga[serve]'"
        ) from error

    configure_logs(Redactor())
    stop = stop_on_signals()
    if seconds is not None:
        timer = threading.Timer(seconds, stop.set)
        timer.daemon = True
        timer.start()
    options = DemoOptions(folder, source_url(source) if source else None, port)
    show(
        options,
        stop,
        on_ready=lambda ready, cameras: _say_ready(ready, cameras, open_page=not no_open),
        on_event=_say_event,
    )


def _say_ready(ready: "ServiceReady", cameras: list[str], *, open_page: bool) -> None:
    console = stdout()
    console.print()
    console.print(f"[bold green]Siaga is watching[/] {escape(', '.join(cameras))}.")
    console.print(f"Open [bold underline]{escape(ready.open_url)}[/]  (Ctrl-C stops)")
    console.print()
    if open_page and (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        webbrowser.open(ready.open_url)


_COLOURS = {EventState.NEW: "bold red", EventState.UPDATE: "dim", EventState.END: "green"}


def _say_event(event: Event) -> None:
    if event.state is EventState.UPDATE and not event.evidence:
        return
    said = escape(f"{event.said_at:%H:%M:%S} UTC  {event.camera}: {_words(event)}")
    stdout().print(f"[{_COLOURS[event.state]}]{said}[/]")


def _words(event: Event) -> str:
    what = {
        RuleKind.MISSING_PPE: "no " + ", ".join(item.value for item in event.items),
        RuleKind.ZONE_INTRUSION: f"person in exclusion zone {event.zone}",
        RuleKind.CAMERA_UNMONITORED: f"camera does not watch ({event.detail.get('condition', 'unknown')})",
    }[event.rule]
    if event.state is EventState.NEW:
        return what
    if event.state is EventState.END:
        return f"{what}: over ({event.reason})"
    clips = [entry for entry in event.evidence if entry.kind is EvidenceKind.CLIP]
    stored = any(entry.status is EvidenceStatus.STORED for entry in clips)
    return (
        f"{what}: clip {'ready' if stored else 'missing: ' + str(clips[0].reason if clips else event.reason)}"
    )
