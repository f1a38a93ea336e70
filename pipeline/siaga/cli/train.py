"""``siaga train``: a detector or a crop classifier from a prepared set."""

import sys
from pathlib import Path
from typing import Annotated

import typer
import yaml
from rich.markup import escape

from siaga.cli.console import stdout
from siaga.cli.training import bars, need_training
from siaga.core.errors import BadRequest, ConfigError


def train(
    config: Annotated[
        Path, typer.Argument(help="Training configuration, as in configs/train.", show_default=False)
    ],
    data: Annotated[Path, typer.Option(help="Folder that siaga data prepare wrote.")],
    out: Annotated[Path, typer.Option(help="New folder for checkpoints and the log.")],
    start: Annotated[
        Path | None,
        typer.Option(
            help="Checkpoint (.pt) of a detector to start from, or name or manifest of an exported one.",
            show_default=False,
        ),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Let the run in the folder go on.")] = False,
    hours: Annotated[
        float | None, typer.Option(help="Stop after so long; the schedule is fitted to it.", min=0.001)
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Instead of the configuration's.", min=1)] = None,
    fraction: Annotated[
        float, typer.Option(help="Share of the pictures to use, to time an epoch.", min=0.001, max=1)
    ] = 1.0,
    device: Annotated[
        str | None, typer.Option(help="cpu, 0, or 0,1; default: the first GPU, or the processor.")
    ] = None,
    cards: Annotated[
        Path | None, typer.Option(help="Folder of the dataset cards; default: the shipped ones.")
    ] = None,
) -> None:
    """Train a model; the configuration says of which task.

    A checkpoint is written after every epoch. A run that was stopped goes on with --resume.
    """
    task = _task(config)
    need_training()
    if task == "classify":
        _train_crops(config, data, out, cards)
        return
    if resume == (start is not None):
        raise BadRequest(
            "A run either starts from a checkpoint or goes on.", fix="Give --start WEIGHTS, or --resume."
        )
    from siaga.data.cards import cards_dir
    from siaga.train.run import Wanted
    from siaga.train.run import train as train_detector

    wanted = Wanted(
        config=config,
        data=data,
        start=start,
        out=out,
        cards=cards or cards_dir(),
        command=["siaga", *(Path(word).name if "/" in word else word for word in sys.argv[1:])],
        hours=hours,
        epochs=epochs,
        fraction=fraction,
        device=device,
    )
    stdout().print(f"{escape(str(train_detector(wanted)))}: export it with siaga export")


def _train_crops(config: Path, data: Path, out: Path, cards: Path | None) -> None:
    from siaga.crops.train import train as train_crops
    from siaga.data.cards import cards_dir

    with bars() as progress:
        manifest = train_crops(
            config,
            data,
            out,
            cards or cards_dir(),
            lambda done, total, _loss: progress("steps", done, total),
        )
    stdout().print(escape(str(manifest)))


def _task(config: Path) -> str:
    """What the configuration trains, before the framework is loaded."""
    try:
        content = yaml.safe_load(config.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(
            "The training configuration cannot be read.", where=str(config), fix="Name a YAML file."
        ) from error
    task = content.get("task", "detect") if isinstance(content, dict) else "detect"
    if task not in ("detect", "classify"):
        raise ConfigError(f"There is no task {task!r}.", where=str(config), fix="Write detect or classify.")
    return str(task)
