"""Sets in YOLO format: what their YAML may say, and what is told when it is wrong."""

from pathlib import Path

import pytest
import yaml

from siaga.core.errors import ConfigError
from siaga.evaluate.yolo_set import label_of, of_yaml
from tests.evaluate.sets import picture, yolo_set


def write(path: Path, content: object) -> Path:
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False))
    return path


def names_of(path: Path, mapping: Path | None = None, split: str = "test") -> list[str]:
    return [sample.image.name for sample in of_yaml(path, mapping, split).samples]


def test_a_folder_with_names_as_a_list(tmp_path: Path) -> None:
    part = of_yaml(yolo_set(tmp_path / "yard"), None, "test")
    assert [sample.image.name for sample in part.samples] == ["p0.png", "p1.png", "p2.png"]
    assert part.samples[0].label == tmp_path / "yard/./labels/test/p0.txt"
    assert (part.card.name, part.card.annotates) == ("yard", ("person", "helmet", "head"))


def test_lists_of_files_and_names_by_id(tmp_path: Path) -> None:
    path = yolo_set(tmp_path)
    (tmp_path / "test.txt").write_text("./images/test/p1.png\n\n")
    (tmp_path / "more.txt").write_text("images/test/p0.png\n")
    names = {0: "person", 1: "helmet", 2: "head"}
    write(path, {"test": ["test.txt", "more.txt"], "names": names, "nc": 3})
    assert names_of(path) == ["p0.png", "p1.png"]


def test_the_label_file_lies_beside_the_last_folder_of_images() -> None:
    assert label_of(Path("/images/set/images/a/b.c.jpg")) == Path("/images/set/labels/a/b.c.txt")
    assert label_of(Path("/flat/b.jpg")) == Path("/flat/b.txt")


def test_a_mapping_says_what_the_classes_mean(tmp_path: Path) -> None:
    path = yolo_set(tmp_path, ["worker", "hardhat", "no-hardhat", "blur", "boots"])
    mapping = write(
        tmp_path / "map.yaml",
        {
            "mapping": {"hardhat": "helmet", "no-hardhat": "head"},
            "ignore": {"blur": ["helmet", "head"]},
            "helmet_extends": "shell",
            "camera_prefix": "p[01]",
        },
    )
    part = of_yaml(path, mapping, "test")
    assert part.card.annotates == ("helmet", "head")
    assert part.card.covers_shell_only("helmet")
    assert [Path(sample.cluster).name for sample in part.samples] == ["p0", "p1", "p2.png"]
    assert part.by_camera


@pytest.mark.parametrize(
    ("data", "said", "line"),
    [
        ("test: images/test\n", "names is missing", 1),
        ("test: images/test\nnames: [person]\nnc: 2\n", "nc is 2, but there are 1 names", 3),
        ("test: images/test\nnames: {0: person, 2: head}\n", r"class ids \[0, 2\]", 2),
        ("val: images/test\nnames: [person]\n", "no split 'test'", None),
        ("names: [person]\ntest: images/none\n", "images/none is not there", 2),
        ("names: [person]\ntest:\n- images/test\n- lost.txt\n", "lost.txt is not there", 4),
        ("test: images/test\nnames: [cat, dog]\n", r"None of the classes \(cat, dog\)", None),
        ("names: [person]\ntest: empty\n", "no picture in the split 'test'", None),
        ("names: [person\n", "not YAML", 2),
        ("names: [person]\nnames: [head]\n", "here twice", 2),
    ],
)
def test_faults_of_the_yaml_are_told_with_file_and_line(
    tmp_path: Path, data: str, said: str, line: int | None
) -> None:
    yolo_set(tmp_path)
    (tmp_path / "empty").mkdir()
    path = write(tmp_path / "wrong.yaml", data)
    with pytest.raises(ConfigError, match=said) as caught:
        of_yaml(path, None, "test")
    assert caught.value.where == (f"{path}:{line}" if line else str(path))
    assert "test" not in data or caught.value.fix or line


@pytest.mark.parametrize(
    ("text", "said", "line"),
    [
        ("mapping:\n  person: person\n  boot: head\n", "has no class 'boot'", 3),
        ("mapping:\n  person: worker\n", "Siaga has no class 'worker'", 2),
        ("mapping: {person: person}\nignore:\n  head: [helmets]\n", "no class 'helmets'", 3),
        ("helmet_extends: head\n", "maps no class", 1),
        ("mapping: {person: person}\nhelmet_extend: shell\n", "helmet_extend", 2),
        ("mapping: {person: person}\nhelmet_extends: brow\n", "helmet_extends", 2),
        ("mapping: {person: person}\nannotates: [head]\n", "annotates", 1),
    ],
)
def test_faults_of_the_mapping_are_told_with_file_and_line(
    tmp_path: Path, text: str, said: str, line: int
) -> None:
    path, mapping = yolo_set(tmp_path), write(tmp_path / "map.yaml", text)
    with pytest.raises(ConfigError, match=said) as caught:
        of_yaml(path, mapping, "test")
    assert caught.value.where == f"{mapping}:{line}"
    assert caught.value.fix


def test_a_missing_label_file_and_a_missing_picture_are_named(tmp_path: Path) -> None:
    path = yolo_set(tmp_path)
    alone = picture(tmp_path / "images/test/q.png")
    with pytest.raises(ConfigError, match=f"1 of 4 pictures have no label file; the first is .*{alone.name}"):
        of_yaml(path, None, "test")
    (tmp_path / "list.txt").write_text("./images/test/p0.png\n./images/test/lost.png\n")
    write(path, {"test": "list.txt", "names": ["person"]})
    with pytest.raises(ConfigError, match=r"lost\.png") as caught:
        of_yaml(path, None, "test")
    assert caught.value.where == f"{tmp_path / 'list.txt'}:2"
