"""An audit to read and to compute with."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .audit import SIZE_EDGES, Audit, sizes
from .records import DataSet, Finding


def summary(audited: Audit) -> dict[str, Any]:
    """Counts only, fit for one line of JSON."""
    codes = Counter(finding.code for finding in audited.findings)
    return {
        "sets": {data.name: _of_set(data) for data in audited.sets},
        "findings": dict(sorted(codes.items())),
        "errors": len(audited.errors),
        "warnings": len(audited.findings) - len(audited.errors),
        "leaks": len(audited.leaks()),
        "shared": _shared(audited),
        "cameras": len({(p.source, c) for p, c in zip(audited.pictures, audited.cameras, strict=True) if c}),
    }


def markdown(audited: Audit, sheets: Sequence[Path] = ()) -> str:
    """The report: pictures and boxes, sizes, what is wrong."""
    lines = ["# Audit", ""]
    for data in audited.sets:
        lines += [f"## {data.name}", "", *_table(data), "", *_histogram(data), ""]
    lines += ["## Findings", ""]
    if not audited.findings:
        lines += ["None.", ""]
    for code, group in _grouped(audited.findings):
        kind = "error" if group[0].error else "warning"
        lines += [f"### {code}: {len(group)} ({kind})", ""]
        lines += [f"- `{finding.where}`: {finding.what}" for finding in group]
        lines += [""]
    if sheets:
        lines += ["## Contact sheets", "", *(f"![{path.stem}]({path.name})" for path in sheets), ""]
    return "\n".join(lines)


def write_report(audited: Audit, out: Path, sheets: Sequence[Path] = ()) -> None:
    """``report.md``, and ``report.json`` with every finding."""
    (out / "report.md").write_text(markdown(audited, sheets), encoding="utf-8")
    content = summary(audited)
    content["all_findings"] = [
        {"code": f.code, "error": f.error, "where": f.where, "what": f.what} for f in audited.findings
    ]
    (out / "report.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _of_set(data: DataSet) -> dict[str, Any]:
    return {
        "pictures": {split: len(data.of(split)) for split in data.splits},
        "boxes": {split: data.box_counts(split) for split in data.splits},
    }


def _shared(audited: Audit) -> dict[str, int]:
    """Pictures alike, by the two sets they stand in."""
    counts: Counter[str] = Counter()
    for pair in audited.pairs:
        names = sorted((audited.pictures[pair.a].source, audited.pictures[pair.b].source))
        counts[" and ".join(dict.fromkeys(names))] += 1
    return dict(sorted(counts.items()))


def _table(data: DataSet) -> list[str]:
    head = ["", *data.splits, "all"]
    rows = [["pictures", *(str(len(data.of(s))) for s in data.splits), str(len(data.pictures))]]
    totals = data.box_counts()
    per_split = [data.box_counts(split) for split in data.splits]
    rows += [[name, *(str(counts[name]) for counts in per_split), str(totals[name])] for name in data.classes]
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]


def _histogram(data: DataSet) -> list[str]:
    edges = [0, *SIZE_EDGES, np.inf]
    names = [f"<{edge}" for edge in SIZE_EDGES] + [f">={SIZE_EDGES[-1]}"]
    head = ["box size, px", *names]
    rows = []
    for class_id, name in enumerate(data.classes):
        found = [sizes(p)[p.boxes[:, 0] == class_id] for p in data.pictures]
        counts = np.histogram(np.concatenate([*found, np.empty(0)]), edges)[0]
        rows.append([name, *map(str, counts)])
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]


def _grouped(findings: Sequence[Finding]) -> list[tuple[str, list[Finding]]]:
    """By kind, errors first."""
    groups: dict[str, list[Finding]] = {}
    for finding in sorted(findings, key=lambda finding: not finding.error):
        groups.setdefault(finding.code, []).append(finding)
    return list(groups.items())
