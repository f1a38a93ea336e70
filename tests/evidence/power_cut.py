"""A file system that remembers what a power cut may take away: everything that was not fsynced.

Bytes of a file are safe from its fsync on; a name (made, removed, renamed) from the fsync of its
directory on. Until then each may or may not have reached the disk, in any combination.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

Tree = dict[Path, bytes | None]
"""What is on the disk: bytes of files, None for directories."""


@dataclass(eq=False)
class Node:
    """A file's or directory's inode. ``names`` is None for a file."""

    data: bytes = b""
    safe_data: bool = False
    names: "dict[str, Node] | None" = None
    safe_names: "dict[str, Node]" = field(default_factory=dict)
    pending: "list[tuple[str, Node | None]]" = field(default_factory=list)

    def link(self, name: str, node: "Node | None") -> None:
        assert self.names is not None
        if node is None:
            self.names.pop(name, None)
        else:
            self.names[name] = node
        self.pending.append((name, node))


class VolatileFs:
    """Real files for the code under test, beside a model of what of them is safe.

    Args:
        root: An existing directory; it is safe itself.
        hook: Called after every step.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.top = Node(names={})
        self.steps = 0
        self.after_step = lambda: None

    def _step(self) -> None:
        self.steps += 1
        self.after_step()

    def _node(self, path: Path) -> Node:
        node = self.top
        for part in path.relative_to(self.root).parts:
            assert node.names is not None
            node = node.names[part]
        return node

    def write(self, path: Path, data: bytes) -> None:
        path.write_bytes(data)
        self._node(path.parent).link(path.name, Node(data))
        self._step()

    def fsync(self, path: Path) -> None:
        self._node(path).safe_data = True
        self._step()

    def rename(self, source: Path, target: Path) -> None:
        node = self._node(source)
        source.replace(target)
        self._node(target.parent).link(target.name, node)
        self._node(source.parent).link(source.name, None)
        self._step()

    def mkdir(self, path: Path) -> None:
        if not path.exists():
            path.mkdir()
            self._node(path.parent).link(path.name, Node(names={}))
        self._step()

    def fsync_dir(self, path: Path) -> None:
        node = self._node(path)
        assert node.names is not None
        node.safe_names, node.pending = dict(node.names), []
        self._step()

    def unlink(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        if path.name in (self._node(path.parent).names or {}):
            self._node(path.parent).link(path.name, None)
        self._step()

    def after_power_cut(self, *, tries: int, seed: int) -> Iterator[Tree]:
        """Disks that may be found: the worst, the classic "name without bytes", and random ones."""
        yield self._survivors(lambda: False, lambda: False)
        yield self._survivors(lambda: True, lambda: False)
        chance = random.Random(seed)
        for _ in range(tries):
            yield self._survivors(lambda: chance.random() < 0.5, lambda: chance.random() < 0.5)

    def _survivors(self, name_kept, data_kept) -> Tree:  # type: ignore[no-untyped-def]
        tree: Tree = {}

        def walk(node: Node, path: Path) -> None:
            names = dict(node.safe_names)
            for name, target in node.pending:
                if not name_kept():
                    continue
                if target is None:
                    names.pop(name, None)
                else:
                    names[name] = target
            for name, target in names.items():
                place = path / name
                if target.names is not None:
                    tree[place] = None
                    walk(target, place)
                elif target.safe_data or data_kept():
                    tree[place] = target.data
                else:
                    tree[place] = b""

        walk(self.top, Path())
        return tree


def lay_out(tree: Tree, folder: Path) -> Path:
    """Write ``tree`` below ``folder``."""
    folder.mkdir(parents=True)
    for path, data in tree.items():
        if data is None:
            (folder / path).mkdir(exist_ok=True)
        else:
            (folder / path).write_bytes(data)
    return folder
