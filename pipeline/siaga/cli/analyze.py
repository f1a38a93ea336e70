"""``siaga analyze``: recordings, from start to end."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from siaga.cli.console import stdout, video_progress
from siaga.cli.sources import source_url
from siaga.core.errors import ConfigError, Conflict

if TYPE_CHECKING:
    from siaga.core.settings.load import Loaded
    from siaga.edge.offline import OfflineResult

_START = datetime(2000, 1, 1, tzinfo=UTC)


def analyze(
    sources: Annotated[
        list[str], typer.Argument(help="Video files, rtsp:// addresses or device:NUMBER.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for the results, one sub-folder per source.")],
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", help="A site's configuration; default: missing helmets everywhere."),
    ] = None,
    camera: Annotated[
        str | None,
        typer.Option("--camera", help="The camera of the configuration that the sources stand for."),
    ] = None,
    annotate: Annotated[
        bool, typer.Option("--annotate", help="Also write a video with boxes, verdicts and zones.")
    ] = False,
    duration: Annotated[
        float | None, typer.Option("--duration", help="Stop each source after so many seconds.", min=0.1)
    ] = None,
    start: Annotated[
        datetime, typer.Option("--start", help="UTC wall time of a file's first picture.")
    ] = _START,
    as_json: Annotated[
        bool, typer.Option("--json", help="Last line of output: one JSON object with the counts per rule.")
    ] = False,
) -> None:
    """Analyse recordings as the edge would, faster than real time.

    Writes events.jsonl, ledger.json and evidence/ per source; for a file the result is the same every time.
    Without a configuration it looks for missing helmets in the whole picture.
    """
    from siaga.edge.check import check_site
    from siaga.edge.offline import OfflineJob, analyse

    loaded = _load(config)
    check_site(loaded.settings)
    name = _camera(loaded, camera, config)
    results: dict[str, OfflineResult] = {}
    for source in sources:
        url = source_url(source)
        folder = _folder(out, source, results)
        job = OfflineJob(
            source=url,
            settings=loaded.settings,
            config_hash=loaded.config_hash,
            camera=name,
            out=folder,
            start=start.replace(tzinfo=start.tzinfo or UTC),
            duration=duration,
            annotate=annotate,
        )
        with _progress(url.path if url.is_file else None, folder.name, duration) as advance:
            results[folder.name] = analyse(job, advance)
    _report(results, out)
    if as_json:
        typer.echo(json.dumps(_summary(results), sort_keys=True))


def _load(config: Path | None) -> "Loaded":
    from siaga.core.settings.load import load_settings, parse_settings

    if config is not None:
        return load_settings(config)
    return parse_settings("cameras: {recording: {ffmpeg: {inputs: [{path: 'file:recording'}]}}}")


def _camera(loaded: "Loaded", camera: str | None, config: Path | None) -> str:
    names = list(loaded.settings.cameras)
    if camera is None and len(names) == 1:
        return names[0]
    if camera in names:
        return str(camera)
    raise ConfigError(
        f"no camera {camera!r}" if camera else "the configuration has several cameras",
        where=str(config),
        fix=f"Say which one the recording is of: --camera {'|'.join(names)}",
    )


def _folder(out: Path, source: str, taken: dict[str, Any]) -> Path:
    stem = re.sub(r"[^A-Za-z0-9._-]+", "_", Path(source.split("@")[-1]).stem) or "recording"
    name = next(
        candidate
        for candidate in (stem, *(f"{stem}-{number}" for number in range(2, 10_000)))
        if candidate not in taken
    )
    folder = out / name
    if (folder / "records.sqlite").exists() or (folder / "events.jsonl").exists():
        raise Conflict(
            "the folder holds an earlier result; nothing is overwritten",
            where=str(folder),
            fix="Choose another --out or remove the folder.",
        )
    return folder


@contextmanager
def _progress(file: Path | None, name: str, duration: float | None) -> Iterator[Callable[[float], None]]:
    total = _seconds(file) if file is not None else None
    if duration is not None:
        total = min(total, duration) if total is not None else duration
    bar = video_progress()
    with bar:
        task = bar.add_task(name, total=total)
        yield lambda seconds: bar.update(task, completed=seconds)


def _seconds(file: Path) -> float | None:
    import av

    try:
        with av.open(str(file)) as container:
            return container.duration / av.time_base if container.duration else None
    except (av.FFmpegError, OSError, ValueError):
        return None  # the analysis itself says what is wrong with the file


def _counts(result: "OfflineResult") -> Counter[str]:
    return Counter(event.rule.value for event in result.events if event.state.value == "new")


def _summary(results: "dict[str, OfflineResult]") -> dict[str, Any]:
    total: Counter[str] = Counter()
    per_source = {}
    for name, result in results.items():
        counts = _counts(result)
        total.update(counts)
        per_source[name] = {
            "events": dict(counts),
            "seconds": round(result.seconds, 3),
            "frames": result.frames,
            "frames_corrupt": result.corrupt,
        }
    return {"events": dict(total), "sources": per_source}


def _report(results: "dict[str, OfflineResult]", out: Path) -> None:
    table = Table("source", "video", "frames analysed", "violations")
    for name, result in results.items():
        said = ", ".join(f"{rule} {count}" for rule, count in sorted(_counts(result).items())) or "none"
        table.add_row(name, f"{result.seconds:.1f} s", str(result.frames), said)
    stdout().print(table)
    stdout().print(f"Results are in {out}/")
