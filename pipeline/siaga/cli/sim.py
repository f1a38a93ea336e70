"""``siaga sim``: clips and pictures of a building site that does not exist, with their ground truth."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.progress import Progress

from siaga.cli.console import stderr, stdout
from siaga.core.errors import BadRequest, DependencyMissing

if TYPE_CHECKING:
    from siaga.sim.scenario import Scenario
    from siaga.sim.truth import Truth

app = typer.Typer(help="Render a simulated site, with the truth attached.", no_args_is_help=True)

Out = Annotated[Path, typer.Option("--out", help="Folder to write to; what is in it is not made twice.")]
Samples = Annotated[
    int, typer.Option(help="Light paths for each pixel: more is cleaner and slower.", min=1, max=4096)
]
Threads = Annotated[int, typer.Option(help="Cores to render with; 0: all.", min=0)]


@app.callback()
def sim() -> None:
    """Render a simulated site, with the truth attached."""


@app.command("render")
def render(
    scenario: Annotated[
        str,
        typer.Argument(help="A scenario's file, or the name of a shipped one.", show_default=False),
    ],
    out: Out,
    camera: Annotated[
        list[str] | None, typer.Option("--camera", help="Only this camera; may be given more than once.")
    ] = None,
    samples: Samples = 8,
    threads: Threads = 0,
    frames_only: Annotated[
        bool, typer.Option("--frames-only", help="Render the frames, and leave the clip to another call.")
    ] = False,
    frames: Annotated[
        Path | None,
        typer.Option(
            help="Render nothing: take this folder's frames, of a scenario that differs only in weather, "
            "dirt, zones, sensor or codec.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Render a scenario: per camera a clip, its ground truth, and labels in YOLO and COCO form.

    Stopped, it goes on where it was. Several calls with the same folder share the work.
    """
    from siaga.sim.rendered import check_scene
    from siaga.sim.scenario import load_scenario

    world = load_scenario(scenario)
    for name in _cameras(world, camera):
        job = (frames or out) / name
        if frames is not None:
            check_scene(job, world, name)
        else:
            _render_frames(world, name, job, samples, threads)
        if not frames_only:
            _finish(world, name, job, out)


@app.command("dataset")
def dataset(
    out: Out,
    n: Annotated[int, typer.Option("--n", help="How many pictures.", min=1)] = 100,
    seed: Annotated[int, typer.Option(help="Another seed, other scenes.", min=0)] = 0,
    width: Annotated[int, typer.Option(help="Pixels, even.", min=64, max=7680)] = 1280,
    height: Annotated[int, typer.Option(help="Pixels, even.", min=64, max=4320)] = 720,
    samples: Samples = 8,
    threads: Threads = 0,
) -> None:
    """Render stills of made-up scenes to train on, with labels in YOLO and COCO form.

    Stopped, it goes on where it was. Several calls with the same folder share the work.
    """
    _need_blender()
    from siaga.sim.dataset import make_dataset
    from siaga.sim.render.clip import render_clip

    def render_scene(scene: "Scenario", view: str, folder: Path) -> None:
        render_clip(scene, view, folder, samples=samples, threads=threads)

    if width % 2 or height % 2:
        raise BadRequest("width and height must be even", fix="Video halves the colours' resolution.")
    with _progress("scenes") as progress:
        report = make_dataset(
            out, count=n, seed=seed, size=(width, height), render=render_scene, progress=progress
        )
    boxes = ", ".join(f"{count} {name}" for name, count in report.boxes.items())
    stdout().print(f"{escape(str(out))}: {report.pictures} of {report.wanted} pictures, boxes: {boxes}")


@app.command("crops")
def crops(
    out: Out,
    n: Annotated[int, typer.Option("--n", help="How many crops.", min=1)] = 100,
    seed: Annotated[int, typer.Option(help="Another seed, other people.", min=0)] = 0,
    samples: Samples = 10,
    threads: Threads = 0,
) -> None:
    """Render crops of people, to train what judges helmets and harnesses, with a label for each.

    Stopped, it goes on where it was. Several calls with the same folder share the work.
    """
    _need_blender()
    from siaga.sim.worker.crops import make_crops

    with _progress("crops") as progress:
        made = make_crops(n, seed, out, samples=samples, threads=threads, progress=progress)
    stdout().print(f"{escape(str(out))}: {made} crops made by this call")


@app.command("overlay")
def overlay(
    clip: Annotated[Path, typer.Argument(help="A clip with NAME.truth.json beside it.", show_default=False)],
    out: Annotated[
        Path | None, typer.Option("--out", help="The drawn clip; default: NAME.overlay.mp4 beside it.")
    ] = None,
) -> None:
    """Draw a clip's ground truth on it, to check it by eye."""
    from siaga.sim.overlay import overlay_clip
    from siaga.sim.truth import read_truth

    target = out or clip.with_suffix(".overlay.mp4")
    frames = overlay_clip(clip, read_truth(clip.with_suffix(".truth.json")), target)
    stdout().print(f"{escape(str(target))}: {frames} frames")


@app.command("sheet")
def sheet(
    sources: Annotated[
        list[str],
        typer.Argument(
            help="Pictures, folders of pictures, clips; CLIP@SECONDS: a moment; CLIP@SECONDS:WHO: a person.",
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="The sheet: a .jpg, .png or .webp file.")],
    label: Annotated[
        list[str] | None,
        typer.Option("--label", help="Caption instead of the file's name; once for each source, in order."),
    ] = None,
    each: Annotated[int, typer.Option(help="Most pictures of a folder or clip.", min=1)] = 12,
    columns: Annotated[int, typer.Option(help="Pictures side by side.", min=1)] = 4,
    width: Annotated[int, typer.Option(help="Pixels.", min=64)] = 1600,
    quality: Annotated[int, typer.Option(help="Of a JPEG, 1 to 100.", min=1, max=100)] = 85,
) -> None:
    """Lay pictures out on one contact sheet."""
    from siaga.sim.gather import Source, gather
    from siaga.sim.sheet import sheet as lay_out
    from siaga.sim.sheet import write_picture

    found = gather([Source.of(source) for source in sources], each, label or ())
    write_picture(out, lay_out(found, columns, width), quality)
    stdout().print(f"{escape(str(out))}: {len(found)} pictures")


def _need_blender() -> None:
    if find_spec("bpy") is None:
        raise DependencyMissing(
            "rendering needs Blender as a Python module (bpy), which is not installed here",
            fix="It has an environment of its own, with Python 3.11: make sim (docs/simulated-site.md).",
        )


def _cameras(world: "Scenario", asked: list[str] | None) -> list[str]:
    for name in asked or []:
        if name not in world.cameras:
            known = ", ".join(world.cameras)
            raise BadRequest(f"{world.name} has no camera {name!r}", fix=f"It has: {known}.")
    return asked or list(world.cameras)


def _render_frames(world: "Scenario", camera: str, job: Path, samples: int, threads: int) -> None:
    from siaga.sim.clip import Job
    from siaga.sim.rendered import keep_scene

    rendered = Job.is_complete(job, world.frame_count)
    if not rendered:
        _need_blender()
    keep_scene(job, world, camera)
    if not rendered:
        from siaga.sim.render.clip import render_clip

        render_clip(world, camera, job, samples=samples, threads=threads)


def _finish(world: "Scenario", camera: str, job: Path, out: Path) -> None:
    from siaga.sim.clip import finish_clip

    name = world.name if len(world.cameras) == 1 else f"{world.name}-{camera}"
    clip = out / f"{name}.mp4"
    out.mkdir(parents=True, exist_ok=True)
    with _progress(clip.name) as progress:
        truth = finish_clip(world, camera, job, clip, progress)
    _say(clip, truth)


def _say(clip: Path, truth: "Truth") -> None:
    console = stdout()
    megabytes = clip.stat().st_size / 1e6
    console.print(f"{escape(str(clip))}: {truth.frames} frames, {megabytes:.1f} MB, should be reported:")
    for event in truth.events:
        what = f"no {event.item}" if event.item else "in the zone"
        where = f" ({event.zone})" if event.zone else ""
        told = sum(end - start for start, end in event.could_tell_s)
        console.print(
            f"  {event.start_s:6.1f} to {event.end_s:6.1f} s  {escape(event.who)}: {what}{escape(where)}, "
            f"can be told for {told:.1f} s"
        )


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], None]]:
    with Progress(console=stderr(), transient=True) as bars:
        task = bars.add_task(escape(what), total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)
