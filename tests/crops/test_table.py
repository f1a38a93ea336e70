"""What a person sees of a crop classifier's figures."""

from typing import Any

import pytest

from siaga.cli.crops import _FIGURES, _show


def _result(source: str) -> dict[str, Any]:
    figure = {"value": 0.936, "low": 0.686, "high": 0.97}
    figures = dict.fromkeys((name for name, _ in _FIGURES), figure)
    shrunk = [{"height_px": 12, "crops": 247, **dict.fromkeys(name for name, _ in _FIGURES)}]
    row = {"source": source, "split": "test", "worn": 1345, "missing": 596, "figures": figures}
    return {"sources": [row | {"shrunk": shrunk}]}


def test_a_row_stands_on_one_line_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    _show(_result("panly_shwd_bareheads"))
    lines = capsys.readouterr().out.splitlines()
    (row,) = (line for line in lines if "panly_shwd_bareheads (test)" in line)
    assert row.split()[2:4] == ["1345", "596"]
    assert row.count("0.936 (0.686-0.970)") == len(_FIGURES)
    (small,) = (line for line in lines if line.split()[:1] == ["12"])
    assert small.split() == ["12", "247", *["-"] * len(_FIGURES)]
