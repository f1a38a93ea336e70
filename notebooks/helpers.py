"""What the notebooks share: running a command as one would type it, and showing what it made."""

import os
import shlex
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
from IPython.display import Image, Markdown, display

from siaga.evaluate.report import Table, markdown
from siaga.sim.sheet import Rgb, read_picture

_ENVIRONMENT = os.environ | {
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    "COLUMNS": "110",
}
# Jupyter asks for colours, and with them come bars that only a terminal can draw.
for _name in ("FORCE_COLOR", "CLICOLOR_FORCE"):
    _ENVIRONMENT.pop(_name, None)


class Shell:
    """Runs ``siaga`` commands in a folder; ``lines``: all that the last one said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lines: list[str] = []
        folder.mkdir(parents=True, exist_ok=True)

    def __call__(self, command: str, last: int = 40) -> None:
        """Run it and show its last lines.

        Raises:
            RuntimeError: It failed; the notebook stops here, as it should.
        """
        print(f"$ {command}")
        done = subprocess.run(  # noqa: S603 (what the notebook itself says)
            shlex.split(command),
            cwd=self.folder,
            env=_ENVIRONMENT,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        self.lines = [line for line in done.stdout.splitlines() if line.strip()]
        print("\n".join(line if len(line) <= 220 else f"{line[:200]} ..." for line in self.lines[-last:]))
        if done.returncode:
            raise RuntimeError(f"stopped with exit code {done.returncode}: {command}")


def show(path: Path, width: int = 900) -> None:
    """Show a picture file, at most ``width`` pixels wide."""
    show_rgb(read_picture(path), width)


def show_rgb(rgb: Rgb, width: int = 900) -> None:
    """Show (H, W, 3) uint8 RGB."""
    small = rgb
    if rgb.shape[1] > width:
        size = (width, round(rgb.shape[0] * width / rgb.shape[1]))
        small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 88])
    display(Image(data=data.tobytes(), format="jpeg"))


def tables(made: Sequence[Table], only: Iterable[str] = ()) -> None:
    """Show tables of an evaluation; ``only``: those titles."""
    wanted = tuple(only)
    display(Markdown(markdown([one for one in made if not wanted or one.title in wanted])))


def text(path: Path) -> None:
    """Show a Markdown file."""
    display(Markdown(path.read_text(encoding="utf-8")))
