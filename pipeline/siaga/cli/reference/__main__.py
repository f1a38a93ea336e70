"""``python -m siaga.cli.reference [FOLDER]``: write the reference (default: docs/reference)."""

import sys
from pathlib import Path

from siaga.cli.reference import PAGES


def main(folder: Path) -> None:
    """Write every page into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, write in PAGES.items():
        (folder / name).write_text(write(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/reference"))
