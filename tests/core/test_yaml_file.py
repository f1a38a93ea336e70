"""A YAML file as a frozen model, and what is said of one that cannot be used."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from siaga.core.errors import ConfigError
from siaga.core.yaml_file import YamlFile


class Crate(YamlFile):
    called = "crate's list"

    name: str
    bottles: int = 6


def test_what_stands_in_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("name: Jäger\n", encoding="utf-8")
    crate = Crate.load(tmp_path / "a.yaml")
    assert crate == Crate(name="Jäger", bottles=6)
    with pytest.raises(ValidationError):
        crate.bottles = 7


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"name: a\nbottels: 3\n", "bottels"),
        (b"name: [a\n", "expected ',' or ']'"),
        (b"name: \xff\xfe\n", "can't decode byte 0xff"),
        (b"", "NoneType"),
        (None, "No such file"),
    ],
    ids=["unknown key", "no YAML", "no text", "empty", "not there"],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "a.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match="The crate's list cannot be used") as caught:
        Crate.load(path)
    assert words in caught.value.what
    assert caught.value.where == str(path)
