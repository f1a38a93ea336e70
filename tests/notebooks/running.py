"""Running a notebook from top to bottom in a kernel of its own."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"


@dataclass(frozen=True)
class Executed:
    """``result``: what its last cell gives; ``pictures``: how many were shown; ``text``: all it printed."""

    work: Path
    result: dict[str, Any]
    pictures: int
    text: str


def execute(name: str, work: Path, monkeypatch: pytest.MonkeyPatch) -> Executed:
    """Run ``notebooks/NAME.ipynb`` on the sample, as Jupyter does; a cell that fails or warns fails it."""
    nbformat = pytest.importorskip("nbformat")
    client = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    for variable, value in {
        "SIAGA_WORK": str(work),
        "SIAGA_EPOCHS": "1",
        "OMP_NUM_THREADS": "1",
        "IPYTHONDIR": str(work.parent / "ipython"),
    }.items():
        monkeypatch.setenv(variable, value)
    for variable in ("SIAGA_DATASET", "SIAGA_REVIEWED", "SIAGA_MODEL", "SIAGA_MAP", "SIAGA_WEIGHTS"):
        monkeypatch.delenv(variable, raising=False)
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    where = {"metadata": {"path": str(NOTEBOOKS)}}
    client.NotebookClient(notebook, timeout=None, kernel_name="python3", resources=where).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    shown = [output.data for output in outputs if output.output_type in ("display_data", "execute_result")]
    printed = [output.text for output in outputs if output.output_type == "stream"]
    warned = [output.text for output in outputs if output.get("name") == "stderr"]
    assert warned == []
    markdown = [str(data["text/markdown"]) for data in shown if "text/markdown" in data]
    return Executed(
        work,
        ast.literal_eval(shown[-1]["text/plain"]),
        sum("image/jpeg" in data or "image/png" in data for data in shown),
        "\n".join([*printed, *markdown]),
    )
