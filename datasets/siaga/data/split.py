"""Dividing a set into train, val and test so that no camera, scene or source stands on two sides."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from siaga.core.errors import BadRequest, ConfigError

from .audit import camera_of
from .cards import Card
from .overlap import Print, components, near_pairs, same_originals
from .records import DataSet, Picture

_DEALINGS = 200
_MOST_STEPS = 20_000


@dataclass(frozen=True, slots=True)
class Division:
    """A set with its new splits. ``groups[i]``: the group of picture ``i``; a group is in one split.

    ``names[g]`` says what keeps group ``g`` together.
    """

    data: DataSet
    groups: tuple[int, ...]
    names: tuple[str, ...]

    def groups_of(self, split: str) -> int:
        """How many groups a split has."""
        pairs = zip(self.data.pictures, self.groups, strict=True)
        return len({group for picture, group in pairs if picture.split == split})


def scenes(
    pictures: Sequence[Picture], prints: Sequence[Print], *, camera: str | None, by_source: bool
) -> tuple[npt.NDArray[np.int64], list[str]]:
    """(N,): the group of each picture, and a name for each group.

    One camera is one group, and so is one source with ``by_source``. Near-duplicates, and what Roboflow made
    of one original, join their groups.

    Args:
        camera: Regular expression for the part of a file name that names the camera or the clip.

    Raises:
        ConfigError: A picture's name does not hold what ``camera`` looks for.
    """
    try:
        keys = [_key(picture, camera, by_source) for picture in pictures]
    except re.error as error:
        raise BadRequest(f"this is not a regular expression: {error}", where=camera) from error
    first: dict[str, int] = {}
    pairs = [(first.setdefault(key, number), number) for number, key in enumerate(keys)]
    alike = [*near_pairs(prints), *same_originals(pictures, prints)]
    groups = components(len(pictures), [*pairs, *((pair.a, pair.b) for pair in alike)])
    names: list[set[str]] = [set() for _ in range(int(groups.max()) + 1 if len(groups) else 0)]
    for group, key in zip(groups, keys, strict=True):
        names[group].add(key)
    return groups, [" + ".join(sorted(several)) for several in names]


def divide(
    data: DataSet,
    prints: Sequence[Print],
    shares: Mapping[str, float],
    *,
    camera: str | None,
    by_source: bool = False,
    hold_out: Sequence[str] = (),
    seed: int = 0,
) -> Division:
    """Give every group of ``scenes`` to one split.

    Groups are dealt out, large ones early, each to the split that lacks most of what is in it: pictures and
    boxes of every class count alike (the greedy way of scikit-learn's StratifiedGroupKFold). Of many
    dealings the one that comes nearest to the shares is taken. The same seed gives the same split.

    Args:
        shares: Split to share of the pictures; they sum to 1.
        hold_out: Cameras or sources that go to test whatever the shares say.

    Raises:
        ConfigError: There are fewer groups than splits.
        BadRequest: ``hold_out`` names something that is not there.
    """
    groups, names = scenes(data.pictures, prints, camera=camera, by_source=by_source)
    wanted = [split for split, share in shares.items() if share > 0]
    if len(names) < len(wanted):
        raise ConfigError(
            f"The set has {len(names)} cameras or scenes, too few for {', '.join(wanted)}.",
            where=str(data.root),
            fix="Ask for fewer splits, add pictures of other cameras, or name cameras more finely.",
        )
    held = _held(hold_out, names)
    amounts = _amounts(data, groups, len(names))
    splits = _deal(amounts, {split: shares[split] for split in wanted}, held, np.random.default_rng(seed))
    pictures = tuple(
        replace(picture, split=splits[group]) for picture, group in zip(data.pictures, groups, strict=True)
    )
    return Division(replace(data, pictures=pictures), tuple(map(int, groups)), tuple(names))


def _key(picture: Picture, camera: str | None, by_source: bool) -> str:
    if by_source:
        return picture.source
    if camera is None:
        return f"{picture.source}/{picture.split}/{picture.path.name}"
    if not (name := camera_of(picture.path, camera)):
        raise ConfigError(
            f"The file's name does not hold the camera that {camera!r} looks for.",
            where=str(picture.path),
            fix="Widen the expression (--camera), or rename the file.",
        )
    return f"{picture.source}/{name}"


def _held(hold_out: Sequence[str], names: Sequence[str]) -> set[int]:
    held: set[int] = set()
    for wanted in hold_out:
        parts = [{part for key in name.split(" + ") for part in (key, *key.split("/"))} for name in names]
        found = {group for group, several in enumerate(parts) if wanted in several}
        if not found:
            raise BadRequest(f"nothing is called {wanted!r}", fix=f"There are: {', '.join(names[:12])}.")
        held |= found
    return held


def _amounts(data: DataSet, groups: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.float64]:
    """(groups, 1 + classes): pictures and boxes of each class."""
    amounts = np.zeros((count, 1 + len(data.classes)))
    for picture, group in zip(data.pictures, groups, strict=True):
        amounts[group, 0] += 1
        np.add.at(amounts[group], 1 + picture.boxes[:, 0].astype(int), 1)
    return amounts


def _deal(
    amounts: npt.NDArray[np.float64],
    shares: Mapping[str, float],
    held: set[int],
    rng: np.random.Generator,
) -> list[str]:
    """The best of many dealings, each in an order of its own; the large groups come early."""
    splits = list(shares)
    totals = amounts.sum(axis=0)
    relative = amounts / np.where(totals > 0, totals, 1)
    goal = np.array([shares[split] for split in splits])[:, None] * (totals > 0)
    best: list[int] = []
    least = np.inf
    for _ in range(max(1, min(_DEALINGS, _MOST_STEPS // len(amounts)))):
        size = relative.sum(axis=1) * np.exp(rng.normal(0, 0.5, len(amounts)))
        chosen, have = _deal_once(relative, goal, held, splits, np.argsort(-size, kind="stable"))
        lack = float(((goal - have) ** 2).sum())
        if lack < least - 1e-12:
            best, least = chosen, lack
    return [splits[number] if number >= 0 else "test" for number in best]


def _deal_once(
    relative: npt.NDArray[np.float64],
    goal: npt.NDArray[np.float64],
    held: set[int],
    splits: list[str],
    order: npt.NDArray[np.int64],
) -> tuple[list[int], npt.NDArray[np.float64]]:
    have = np.zeros_like(goal)
    test = splits.index("test") if "test" in splits else -1
    chosen = [test] * len(relative)
    if test >= 0:
        have[test] = relative[list(held)].sum(axis=0)
    given = {test} if held else set()
    free = [int(group) for group in order if group not in held]
    for left, group in zip(range(len(free), 0, -1), free, strict=True):
        empty = [number for number in range(len(splits)) if number not in given]
        able = empty if len(empty) >= left else list(range(len(splits)))
        lack = goal[able] - have[able]
        gain = (lack**2 - (lack - relative[group]) ** 2).sum(axis=1)
        number = able[int(np.argmax(gain))]
        chosen[group] = number
        given.add(number)
        have[number] += relative[group]
    return chosen, have


def write_groups(division: Division, out: Path, card: Card | None) -> None:
    """``split.json``: which camera or scene is where; and ``card.yaml``, the card with the new splits."""
    members: dict[int, list[str]] = {}
    for picture, group in zip(division.data.pictures, division.groups, strict=True):
        members.setdefault(group, []).append(f"{picture.split}/images/{picture.path.name}")
    content = [
        {"group": division.names[group], "split": names[0].partition("/")[0], "pictures": names}
        for group, names in sorted(members.items())
    ]
    (out / "split.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    if card is not None:
        card.model_copy(update={"splits": {name: name for name in division.data.splits}}).write(
            out / "card.yaml"
        )
