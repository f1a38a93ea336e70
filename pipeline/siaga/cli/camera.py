"""``siaga camera``: what a camera sends, before it goes into a site's configuration."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from siaga.cli.console import stderr, stdout
from siaga.cli.sources import source_url
from siaga.core.errors import SiagaError, StorageError

if TYPE_CHECKING:
    from siaga.edge.advice import Advice
    from siaga.frames.probe import ProbeReport

app = typer.Typer(help="Look at a camera before it goes into a configuration.", no_args_is_help=True)


@app.callback()
def camera() -> None:
    """Look at a camera before it goes into a configuration."""


@app.command("probe")
def probe(
    url: Annotated[
        str,
        typer.Argument(
            help="rtsp://…, device:NUMBER or a file. {NAME} stands for the environment variable NAME, so "
            "that a password need not be typed.",
            show_default=False,
        ),
    ],
    still: Annotated[
        Path | None, typer.Option("--still", help="Write a picture (JPEG); people's heads are pixelated.")
    ] = None,
    timeout: Annotated[
        float, typer.Option("--timeout", help="Seconds to wait for the camera.", min=1)
    ] = 10.0,
    seconds: Annotated[float, typer.Option("--seconds", help="Seconds to watch.", min=1, max=60)] = 6.0,
    udp: Annotated[bool, typer.Option("--udp", help="RTP over UDP in the place of TCP.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Connect to a camera and say what it sends, whether Siaga can use it, and what to change."""
    from siaga.core.clock import SystemClock
    from siaga.edge.advice import advise
    from siaga.frames.probe import probe as look

    address = source_url(url)
    report = look(
        address, transport="udp" if udp else "tcp", timeout=timeout, seconds=seconds, clock=SystemClock()
    )
    advice = advise(report)
    if as_json:
        typer.echo(json.dumps(_plain(report, advice), indent=2))
    else:
        _print(report, advice)
    if still is not None:
        _write_still(report, still)


def _plain(report: "ProbeReport", advice: "list[Advice]") -> dict[str, Any]:
    return {
        "address": report.address,
        "codec": report.codec,
        "width": report.size[0],
        "height": report.size[1],
        "fps": round(report.fps, 2),
        "keyframe_seconds": report.keyframe_seconds,
        "bits_per_second": round(report.bits_per_second),
        "first_picture_seconds": round(report.first_picture_seconds, 3),
        "clock_offset": report.clock_offset,
        "corrupt": report.corrupt,
        "usable": True,
        "advice": [{"what": entry.what, "change": entry.change} for entry in advice],
    }


def _print(report: "ProbeReport", advice: "list[Advice]") -> None:
    table = Table(show_header=False, box=None)
    width, height = report.size
    keyframes = report.keyframe_seconds
    for name, value in (
        ("camera", report.address),
        ("codec", report.codec),
        ("picture", f"{width} x {height}, {report.fps:.1f} a second"),
        ("keyframes", "fewer than two were seen" if keyframes is None else f"every {keyframes:.1f} s"),
        ("bitrate", f"{report.bits_per_second / 1e6:.2f} Mbit/s"),
        ("first picture", f"after {report.first_picture_seconds:.1f} s"),
        ("clock", _clock(report.clock_offset)),
        ("damaged units", str(report.corrupt)),
    ):
        table.add_row(name, escape(value))
    out = stdout()
    out.print(table)
    out.print("[bold green]ok[/] Siaga can use this camera.")
    for entry in advice:
        out.print(f"[bold yellow]better:[/] {escape(entry.what)} {escape(entry.change)}")


def _clock(offset: float | None) -> str:
    if offset is None:
        return "the camera does not tell its clock"
    return f"{abs(offset):.1f} s {'ahead of' if offset >= 0 else 'behind'} this machine"


def _write_still(report: "ProbeReport", path: Path) -> None:
    from siaga.core.clock import SystemClock
    from siaga.core.settings import Settings
    from siaga.edge.still import covered_still, open_still_detector

    try:
        detector = open_still_detector(str(Settings.model_fields["model"].default))
        jpeg, covered = covered_still(report.still, detector, SystemClock())
        detector.close()
    except SiagaError as error:
        error.what = (
            f"the still is not written, because people in it cannot be found and covered: {error.what}"
        )
        raise
    try:
        path.write_bytes(jpeg)
    except OSError as error:
        raise StorageError(
            f"the still cannot be written ({error.strerror})",
            where=str(path),
            fix="Choose a folder that exists and that you may write to.",
        ) from error
    stderr().print(f"Wrote {escape(str(path))} ({covered} regions pixelated)")
