"""``siaga export``: from a checkpoint to a gated ONNX file with its manifest and card."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from siaga.cli.console import stdout
from siaga.cli.training import bars, need_training, size_of
from siaga.core.errors import BadRequest


def export(
    weights: Annotated[
        Path,
        typer.Argument(
            help="A checkpoint (.pt), or the name or path of an exported model to make smaller.",
            show_default=False,
        ),
    ],
    manifest: Annotated[
        Path, typer.Option(help="Manifest to write (NAME.yaml); NAME.onnx and NAME.md go beside it.")
    ],
    data: Annotated[
        Path,
        typer.Option(help="Prepared set: compared on its val split, calibrated on its train split."),
    ],
    run: Annotated[
        list[Path] | None,
        typer.Option(help="Folder of a run that made the checkpoint, first one first; default: its own."),
    ] = None,
    input_size: Annotated[
        str, typer.Option("--input", help="WIDTHxHEIGHT that the edge uses, multiples of 32.")
    ] = "960x544",
    static: Annotated[
        bool, typer.Option("--static/--dynamic", help="One picture of exactly that size, or sizes free.")
    ] = False,
    half: Annotated[bool, typer.Option("--half", help="In 16-bit floating point, for GPUs.")] = False,
    int8: Annotated[bool, typer.Option("--int8", help="In 8-bit integers, for CPUs.")] = False,
    calibrate: Annotated[
        Path | None,
        typer.Option(help="Folder of pictures to calibrate --int8 with; default: the train split."),
    ] = None,
    calibration_pictures: Annotated[int, typer.Option(help="How many of them.", min=1)] = 64,
) -> None:
    """Make an ONNX file, hold it against what it is made of, and put it in place only if they agree.

    Both see the same labelled pictures through the edge's own detector. The figures go into the manifest.
    """
    if half and int8:
        raise BadRequest("A file has one precision.", where="--half --int8", fix="Call it twice.")
    need_training()
    from siaga.export.card import parity_text
    from siaga.export.make import Wanted
    from siaga.export.make import export as make

    wanted = Wanted(
        weights=weights,
        manifest=manifest,
        data=data,
        precision="int8" if int8 else "fp16" if half else "fp32",
        size=size_of(input_size),
        dynamic=not static,
        runs=tuple(run or ()),
        calibrate=calibrate,
        calibration_pictures=calibration_pictures,
    )
    with bars() as progress:
        made = make(wanted, progress)
    stdout().print(f"{escape(str(made.path))}: {made.bytes} bytes\n{escape(parity_text(made.parity))}")
