"""Training through the framework: seeded, resumable, from any start; and what is refused before it begins."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from siaga.core.errors import ConfigError, ModelMissing, ModelUnsupported
from siaga.train.augment import Augment, transforms
from siaga.train.run import Wanted, train
from tests.training import tiny

pytest.importorskip("torch")
pytest.importorskip("ultralytics")
pytest.importorskip("albumentations")


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint with other classes than ours; it knows ``person`` as its third."""
    return tiny.checkpoint(tmp_path_factory.mktemp("start") / "start.pt", ("cat", "dog", "person"))


def wanted(folder: Path, data: Path, cards: Path, start: Path | None, **more: object) -> Wanted:
    return Wanted(
        config=tiny.config(folder / "config.yaml"),
        data=data,
        start=start,
        out=folder / "run",
        cards=cards,
        command=["siaga", "train"],
        device="cpu",
        **more,  # type: ignore[arg-type]
    )


def test_a_run_leaves_a_checkpoint_and_says_what_it_was(
    start: Path, drawn_set: Path, drawn_cards: Path, tmp_path: Path
) -> None:
    from siaga.train.checkpoint import load

    last = train(wanted(tmp_path, drawn_set, drawn_cards, start, epochs=1))
    assert tuple(load(last)[0].names.values()) == tiny.CLASSES
    used = yaml.safe_load((tmp_path / "run" / "args.yaml").read_text())["augmentations"]
    steps = [one["transform"]["__class_fullname__"] for one in used]
    assert [step.rpartition(".")[2] for step in steps] == [
        "CoarseDropout",
        "MotionBlur",
        "ISONoise",
        "ImageCompression",
    ]
    facts = yaml.safe_load((tmp_path / "run" / "training.yaml").read_text())
    assert facts["sources"] == [
        {"name": "drawn", "licence": "CC-BY-4.0", "url": "https://example.com/drawn", "images": 4}
    ]
    with pytest.raises(ConfigError, match="in use"):
        train(wanted(tmp_path, drawn_set, drawn_cards, start))
    with pytest.raises(ConfigError, match="finished"):
        train(wanted(tmp_path, drawn_set, drawn_cards, None))


def test_a_stopped_run_goes_on_where_it_was(
    start: Path, drawn_set: Path, drawn_cards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from siaga.train.trainer import PpeTrainer

    whole = PpeTrainer.save_model

    def stop_after_the_first(trainer: PpeTrainer) -> bool:
        whole(trainer)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(PpeTrainer, "save_model", stop_after_the_first)
        with pytest.raises(KeyboardInterrupt):
            train(wanted(tmp_path, drawn_set, drawn_cards, start))
    train(wanted(tmp_path, drawn_set, drawn_cards, None))
    rows = _rows(tmp_path / "run")
    assert [int(row["epoch"]) for row in rows] == [1, 2, 3]
    times = [float(row["time"]) for row in rows]
    assert times == sorted(times)
    assert times[1] > times[0] > 0


def _rows(out: Path) -> list[dict[str, str]]:
    with (out / "results.csv").open() as stream:
        return list(csv.DictReader(stream))


def test_a_head_without_nms_is_narrowed_in_both_branches(tmp_path: Path) -> None:
    from siaga.train.checkpoint import load
    from siaga.train.trainer import narrow_classes, rows_by_name

    model, _ = load(tiny.checkpoint(tmp_path / "end.pt", ("cat", "person"), architecture="yolo26.yaml"))
    names = dict(enumerate(tiny.CLASSES))
    rows = rows_by_name(names, model.names)
    assert rows == [1, -1, -1, -1]
    old = model.model[-1].one2one_cv3[0][-1].weight[1].clone()
    narrow_classes(model, names, rows)
    assert [branch[-1].out_channels for branch in model.model[-1].one2one_cv3] == [4, 4, 4]
    assert bool((model.model[-1].one2one_cv3[0][-1].weight[0] == old).all())


def test_what_cannot_be_trained_on_is_said(start: Path, drawn_cards: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="siaga data prepare"):
        train(wanted(tmp_path, tmp_path / "nothing", drawn_cards, start))
    unlabelled = tiny.prepared(tmp_path / "unlabelled", 2, boxes=False)
    with pytest.raises(ConfigError, match="None of the 2 training pictures has a box"):
        train(wanted(tmp_path, unlabelled, drawn_cards, start))
    (unlabelled / "train.txt").write_text("")
    with pytest.raises(ConfigError, match="no picture in the split 'train'"):
        train(wanted(tmp_path, unlabelled, drawn_cards, start))


def test_a_wrong_start_is_said_and_nothing_is_made(
    drawn_set: Path, drawn_cards: Path, tmp_path: Path
) -> None:
    with pytest.raises(ModelMissing, match=r"none\.pt"):
        train(wanted(tmp_path, drawn_set, drawn_cards, tmp_path / "none.pt"))
    (tmp_path / "text.pt").write_text("no checkpoint")
    with pytest.raises(ModelUnsupported, match="no checkpoint"):
        train(wanted(tmp_path, drawn_set, drawn_cards, tmp_path / "text.pt"))
    with pytest.raises(ConfigError, match="no run here that could go on"):
        train(wanted(tmp_path, drawn_set, drawn_cards, None))
    assert not (tmp_path / "run").exists()


def test_a_set_of_other_classes_is_refused(
    start: Path, drawn_set: Path, drawn_cards: Path, tmp_path: Path
) -> None:
    asked = wanted(tmp_path, drawn_set, drawn_cards, start)
    tiny.config(asked.config, classes=["person", "head"])
    with pytest.raises(ConfigError, match="the configuration has person, head"):
        train(asked)


def test_the_same_seed_spoils_a_picture_the_same_way() -> None:
    import albumentations

    steps = {name: {"p": 1.0} for name in Augment.model_fields if name != "strength"}
    augment = Augment.parse(steps, Path("config.yaml"))
    picture = np.full((64, 64, 3), 128, np.uint8)
    boxes = {"bboxes": np.array([[0.5, 0.5, 0.4, 0.4]]), "labels": [0]}

    def spoilt(seed: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        parameters = albumentations.BboxParams(format="yolo", label_fields=["labels"])
        chain = albumentations.Compose(transforms(augment), bbox_params=parameters, seed=seed)
        return np.asarray(chain(image=picture, **boxes)["image"], np.uint8)

    assert len(transforms(augment)) == 9
    assert (spoilt(1) == spoilt(1)).all()
    assert (spoilt(1) != spoilt(2)).any()
    assert spoilt(1).mean() < 128


def test_strength_scales_every_probability() -> None:
    raw = {"compression": {"p": 0.6}, "rain": {"p": 0.1}}
    half = transforms(Augment.parse(raw | {"strength": 0.5}, Path("c")))
    assert [step.p for step in half] == [0.05, 0.3]
    assert [step.p for step in transforms(Augment.parse(raw | {"strength": 2}, Path("c")))] == [0.2, 1.0]
    assert transforms(Augment.parse(raw | {"strength": 0}, Path("c"))) == []


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        ({"snow": {"p": 0.1}}, "augment.snow"),
        ({"rain": {"p": 2}}, "augment.rain.p"),
        ({"compression": {"p": 0.1, "quality": [80, 20]}}, "quality: the first number"),
    ],
)
def test_a_wrong_recipe_names_the_key(raw: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        Augment.parse(raw, Path("config.yaml"))


SHIPPED = sorted((Path(__file__).resolve().parents[2] / "configs/train").glob("ppe-*.yaml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_shipped_configurations_can_be_read(path: Path) -> None:
    from siaga.data.recipe import Recipe

    recipe = Recipe.load(path)
    assert {"person", "helmet", "head"} <= set(recipe.classes)
    wanted = {name for name in recipe.augment if name != "strength"}
    assert len(transforms(Augment.parse(recipe.augment, path))) == len(wanted)


def test_a_start_that_was_narrowed_before_keeps_its_class_branch(
    drawn_set: Path, drawn_cards: Path, tmp_path: Path
) -> None:
    from siaga.train.checkpoint import load

    many = [f"thing {number}" for number in range(40)]
    first = tiny.checkpoint(tmp_path / "many.pt", many)
    last = train(wanted(tmp_path, drawn_set, drawn_cards, first, epochs=1))
    again = wanted(tmp_path, drawn_set, drawn_cards, last, epochs=1)
    still = tiny.CONFIG["train"] | {"lr0": 1e-9}  # type: ignore[operator]
    tiny.config(again.config, train=still)
    second = train(replace(again, out=tmp_path / "second"))
    old, new = (load(path)[0].model[-1].cv3[0] for path in (last, second))
    assert old[-1].in_channels == new[-1].in_channels == 40
    for name in ("0.1.conv.weight", "1.1.conv.weight", "2.weight"):
        np.testing.assert_allclose(new.state_dict()[name], old.state_dict()[name], atol=2e-4)


def test_an_exported_detector_is_a_start_that_finds_the_same(drawn_set: Path, tmp_path: Path) -> None:
    import onnxruntime
    import torch

    from siaga.manifest import resolve
    from siaga.train.checkpoint import load
    from siaga.train.exported import write_checkpoint

    manifest = resolve("siaga-ppe-n")
    pictures = sorted((drawn_set / "images").glob("*.jpg"))[:3]
    model, _ = load(write_checkpoint(manifest, pictures, tmp_path / "start.pt"))
    assert tuple(model.names.values()) == manifest.classes
    noise = torch.rand(1, 3, 96, 128, generator=torch.Generator().manual_seed(2))
    (exported,) = onnxruntime.InferenceSession(manifest.path).run(None, {"images": noise.numpy()})
    with torch.no_grad():
        found = model(noise)[0].numpy()
    np.testing.assert_allclose(found[:, 4:], exported[:, 4:], atol=1e-4)
    np.testing.assert_allclose(found[:, :4], exported[:, :4], atol=0.1)
    first = model.model[0].bn
    assert float(first.running_var.std()) > 0
    with pytest.raises(ModelUnsupported, match="float32 export"):
        write_checkpoint(resolve("siaga-ppe-n-int8"), pictures, tmp_path / "no.pt")
    assert not (tmp_path / "no.pt").exists()
