"""Several sources as one: for each class and for people, those sources whose labels can answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from siaga.manifest import Manifest

from .bootstrap import together
from .people import Outcome
from .run import SourceResult, classes_of
from .tally import Tally


def pooled(parts: Sequence[SourceResult], manifest: Manifest) -> SourceResult:
    """All of ``parts``, each resampled within itself.

    A class is scored over the sources that label it; people are judged over the sources that label bare
    heads, because elsewhere a verdict ``missing`` cannot be held against the truth.
    """
    names = list(dict.fromkeys(name for part in parts for name in part.scenes))
    with_class = {name: [part for part in parts if name in part.scenes] for name in names}
    scenes = {
        name: [scene for part in own for scene in part.scenes[name]] for name, own in with_class.items()
    }
    draws = {name: together([part.draws for part in own]) for name, own in with_class.items()}
    judged = [part for part in parts if part.people is not None and "head" in part.annotates]
    outcomes = _outcomes(judged)
    return SourceResult(
        name="+".join(dict.fromkeys(part.name for part in parts)),
        split="+".join(dict.fromkeys(part.split for part in parts)),
        resampled_by="+".join(dict.fromkeys(part.resampled_by for part in parts)),
        annotates=tuple(names),
        left_out=tuple(dict.fromkeys(name for part in parts for name in part.left_out)),
        found=tuple(picture for part in parts for picture in part.found),
        draws=together([part.draws for part in parts]),
        scenes=scenes,
        looks=[look for part in parts for look in part.looks],
        classes=classes_of(scenes, manifest, draws),
        outcomes=tuple(outcomes),
        people=Tally(outcomes, together([part.draws for part in judged]), True) if outcomes else None,
    )


def _outcomes(parts: Sequence[SourceResult]) -> list[Outcome]:
    out: list[Outcome] = []
    before = 0
    for part in parts:
        out.extend(replace(one, picture=one.picture + before) for one in part.outcomes)
        before += len(part.found)
    return out
