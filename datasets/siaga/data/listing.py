"""The cards as a page and as a table, and a card to begin with for a set that has none."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import yaml

from siaga.core.errors import ConfigError

from .cards import Card
from .formats import Format, read_set
from .records import WHOLE, DataSet

_TARGETS = {
    "person": ("person", "people", "worker", "human"),
    "head": ("head", "bare_head", "no-helmet", "no_helmet", "nohelmet", "no-hardhat", "no_hardhat"),
    "helmet": ("helmet", "hardhat", "hard-hat", "hard_hat", "with_helmet"),
    "vest": ("vest", "safety-vest", "safety_vest", "hi-vis", "reflective_vest"),
    "harness": ("harness", "safety-harness", "safety_harness"),
}
_SPDX = {"CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/"}
_NOT_STATED = "none stated"


def licence_text(card: Card) -> str:
    """The licence as people say it."""
    return card.licence if card.may_ship else _NOT_STATED


def page(cards: Sequence[Card]) -> str:
    """``docs/datasets.md``: every card, so that it says nothing that the cards do not."""
    lines = [
        "# Datasets",
        "",
        "Written from the cards in `datasets/cards` by `siaga data page`; a test holds that it is current.",
        "How to work with them: [data.md](data.md).",
        "",
        "Weights that ship are trained only on sources with a stated licence. The others are for tests and",
        "research figures.",
        "",
        "| Source | What | Licence | Pictures | Labels throughout |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| [{card.name}](#{card.name}) | {card.title} | {licence_text(card)} | {_pictures(card)} "
        f"| {', '.join(card.annotates) or 'nothing'} |"
        for card in cards
    ]
    for card in cards:
        lines += ["", *_section(card)]
    return "\n".join(lines) + "\n"


def _section(card: Card) -> list[str]:
    licence = f"[{card.licence}]({_SPDX[card.licence]})" if card.licence in _SPDX else licence_text(card)
    splits = ", ".join(f"{split} in `{folder}`" for split, folder in card.splits.items())
    facts = [
        f"## {card.name}",
        "",
        f"**{card.title}.** {' '.join(card.notes.split())}",
        "",
        f"- Origin: {card.origin}",
        f"- Licence: {licence}. Attribution: {card.attribution}.",
        f"- Weights trained on it may ship: {'yes' if card.may_ship else 'no'}.",
        f"- Pictures: {_pictures(card)}. Splits: {splits}.",
    ]
    if card.camera_prefix:
        facts.append(f"- A camera is what `{card.camera_prefix}` finds in a file's name.")
    if card.kind == "boxes":
        facts += [f"- {line}" for line in _conventions(card)]
    facts.append(f"- To get it: {_way(card)}")
    if card.classes:
        facts += ["", "| Class of the source | Count | In Siaga |", "| --- | --- | --- |"]
        facts += [
            f"| {name} | {card.boxes.get(name, '')} | {_becomes(card, name)} |" for name in card.classes
        ]
    return facts


def _conventions(card: Card) -> list[str]:
    words = {
        "head": "covers the whole head",
        "shell": "ends at about the brows, and is extended downwards",
    }
    mapped = set(card.mapping.values())
    pairs = (("helmet", card.helmet_extends), ("head", card.head_extends))
    lines = [f"A box of {name} {words[extent]}." for name, extent in pairs if name in mapped]
    if card.mirrored_padding:
        lines.append("Pictures are padded by their mirror image; the padding is cut off.")
    return lines


def _becomes(card: Card, name: str) -> str:
    if name in card.ignore:
        return f"unreadable ({' or '.join(card.ignore[name])}): not judged"
    return card.mapping.get(name, "left out")


def _way(card: Card) -> str:
    plan = card.fetch
    if plan is None or not (plan.files or plan.git):
        how = " ".join(plan.by_hand.split()) if plan else ""
        return how or "it has no public address."
    ways = [f"`siaga data fetch {card.name}`"]
    if plan.git is not None:
        ways.append(
            f"(folder `{plan.git.folder}` of commit `{plan.git.commit[:12]}` of {plan.git.repository})"
        )
    ways += [f"({file.url}, {file.bytes} bytes, sha256 `{file.sha256[:12]}`)" for file in plan.files]
    after = " ".join(plan.by_hand.split())
    return f"{' '.join(ways)}.{f' {after}' if after else ''}"


def _pictures(card: Card) -> str:
    return ", ".join(f"{split} {count}" for split, count in card.pictures.items()) or "not counted"


def skeleton(folder: Path, form: Format = "yolo", name: str | None = None) -> Card:
    """A card to begin with for a set of one's own: classes, splits and counts as found, the rest to fill in.

    Classes are mapped by their names where these leave no doubt; a mapped class counts as labelled
    throughout. What a box of helmet or head covers must be looked at.

    Raises:
        ConfigError: There is no set, or it has no mapping to offer.
    """
    data = read_set(folder, form)
    mapping = {own: target for own in data.classes if (target := _guess(own)) is not None}
    own_name = name or re.sub(r"[^A-Za-z0-9_.-]+", "_", data.root.resolve().name).strip("_.-") or "my_set"
    return Card.model_validate(
        {
            "name": own_name,
            "title": "FILL IN: what it shows, in a few words",
            "origin": "FILL IN: where it comes from, an address if it has one",
            "licence": "LicenseRef-none-stated",
            "attribution": "FILL IN: whom to name",
            "annotates": list(dict.fromkeys(mapping.values())),
            "classes": list(data.classes),
            "mapping": mapping,
            "helmet_extends": "head",
            "head_extends": "head",
            "splits": _folders(data),
            "pictures": {split: len(data.of(split)) for split in data.splits},
            "boxes": data.box_counts(),
            "notes": "FILL IN: viewpoint, what is labelled only in part, known faults",
        }
    )


def write_skeleton(card: Card, path: Path) -> None:
    """Write the card with a word on what must be looked at.

    Raises:
        ConfigError: There is a file already.
    """
    if path.exists():
        raise ConfigError("There is a card already.", where=str(path), fix="Edit it, or move it away.")
    content = card.model_dump(mode="json", exclude_defaults=True)
    looks = {
        "annotates": "Only what is labelled throughout: what is not here is missing, not absent.",
        "mapping": "Source's class to person, head, helmet, vest or harness; what is not here is left out.",
        "licence": "An SPDX name such as CC-BY-4.0. Without one no weights trained on it may ship.",
    }
    lines: list[str] = []
    for key, value in {
        **content,
        "helmet_extends": card.helmet_extends,
        "head_extends": card.head_extends,
    }.items():
        if key in looks:
            lines.append(f"# {looks[key]}")
        if key == "helmet_extends":
            lines.append("# head: the box covers the whole head; shell: it ends at about the brows. Look!")
        lines.append(yaml.safe_dump({key: value}, sort_keys=False, allow_unicode=True, width=108).rstrip())
    lines.append(
        "# Regular expression for the part of a file name that names the camera or the clip, such as"
    )
    lines.append("# camera_prefix: '^cam\\d+'")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _guess(name: str) -> str | None:
    wanted = name.strip().lower().replace(" ", "_")
    return next((target for target, names in _TARGETS.items() if wanted in names), None)


def _folders(data: DataSet) -> dict[str, str]:
    found: dict[str, str] = {}
    for split in data.splits:
        roots = Counter(picture.path.parent.parent for picture in data.of(split))
        folder = roots.most_common(1)[0][0]
        below = folder.resolve().relative_to(data.root.resolve()) if _is_below(folder, data.root) else Path()
        found["test" if split == WHOLE else split] = below.as_posix()
    return found


def _is_below(folder: Path, root: Path) -> bool:
    return folder.resolve().is_relative_to(root.resolve())
