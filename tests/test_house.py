"""The rules of the house: layout, layers, what the edge may load, and documents that cannot fall behind."""

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from importlinter.cli import lint_imports

from siaga.cli.reference import PAGES
from siaga.cli.reference.configuration import fields
from siaga.core.event import Event
from siaga.core.settings import Settings
from siaga.core.settings.document import read_document
from siaga.core.settings.load import load_settings
from siaga.core.settings.schema import json_schema, json_schema_text
from siaga.edge.check import check_site

ROOT = Path(__file__).resolve().parents[1]
PORTIONS = [ROOT / name / "siaga" for name in ("pipeline", "serve", "models", "datasets")]
EXAMPLES = sorted((ROOT / "configs").glob("*.yaml"))
SECRETS = {
    name: f"a {name}/@" for name in ("CAM_USER", "CAM_PASSWORD", "MQTT_PASSWORD", "SIAGA_DEVICE_TOKEN")
}

_LOAD_ALL = """
import importlib, pathlib
portion = pathlib.Path({portion!r})
for file in sorted(portion.rglob("*.py")):
    # Alembic's env.py runs within a migration alone.
    if file.name not in ("__main__.py", "env.py"):
        name = ".".join(("siaga", *file.relative_to(portion).with_suffix("").parts))
        importlib.import_module(name.removesuffix(".__init__"))
"""
_FORBIDDEN = {"torch", "torchvision", "ultralytics", "siaga.train", "siaga.export", "siaga.evaluate"}
_FORBIDDEN |= {"siaga.data", "siaga.sim", "siaga.zoo"}


@pytest.mark.parametrize("portion", PORTIONS, ids=lambda portion: portion.parent.name)
def test_siaga_is_a_namespace_and_every_part_is_typed(portion: Path) -> None:
    assert not (portion / "__init__.py").exists()
    for part in (entry for entry in portion.iterdir() if entry.is_dir() and any(entry.glob("*.py"))):
        assert (part / "__init__.py").exists(), part
        assert (part / "py.typed").exists(), part


def test_layers_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "path", [*map(str, (portion.parent for portion in PORTIONS)), *sys.path])
    assert lint_imports(config_filename="pyproject.toml", no_cache=True) == 0


@pytest.mark.parametrize("portion", PORTIONS[:2], ids=["edge", "service"])
def test_nothing_at_work_loads_what_only_training_needs(portion: Path) -> None:
    modules = loaded_after(_LOAD_ALL.format(portion=str(portion)))
    assert len([name for name in modules if name.startswith("siaga.")]) > 20
    assert modules & _FORBIDDEN == set()


def test_help_loads_no_heavy_package() -> None:
    modules = loaded_after("import siaga.cli.app")
    assert "siaga.cli.config" in modules
    assert modules & {"cv2", "onnxruntime", "av", "scipy", "fastapi"} == set()


def loaded_after(script: str) -> set[str]:
    """The modules that a new Python has loaded after ``script``."""
    script += "\nimport json, sys; print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("block", [Settings, Event], ids=lambda block: block.__name__)
def test_every_field_says_what_it_means(block: type[Settings] | type[Event]) -> None:
    assert [path for path, field in fields(block) if not field.description] == []


def test_every_setting_is_in_the_reference() -> None:
    text = (ROOT / "docs/reference/configuration.md").read_text(encoding="utf-8")
    paths = [path for path, _ in fields(Settings)]
    assert len(paths) > 80
    assert [path for path in paths if f"| `{path}` |" not in text] == []


@pytest.mark.parametrize("name", PAGES)
def test_the_reference_is_what_the_code_says(name: str) -> None:
    said = (ROOT / "docs/reference" / name).read_text(encoding="utf-8")
    assert said == PAGES[name](), "write it anew: python -m siaga.cli.reference"


def test_the_schema_is_what_the_code_says() -> None:
    said = (ROOT / "configs/site.schema.json").read_text(encoding="utf-8")
    assert said == json_schema_text(), "write it anew: siaga config schema --write configs/site.schema.json"


def test_the_schema_is_a_schema_that_knows_wrong_from_right() -> None:
    schema = json_schema()
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    camera = {"ffmpeg": {"inputs": [{"path": "rtsp://h/1"}], "timeout": "5s"}}
    assert validator.is_valid({"cameras": {"gate": camera}})
    assert validator.is_valid({"cameras": {"gate": camera}, "schedules": {"day": {"start": "07:00"}}})
    assert not validator.is_valid({"cameras": {"gate": camera}, "schedules": {"day": {"start": "7 am"}}})
    assert not validator.is_valid({"cameras": {"gate": {**camera, "zone": {}}}})
    assert not validator.is_valid({})


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.name)
def test_shipped_configurations_are_right(file: Path) -> None:
    settings = load_settings(file, env=SECRETS).settings
    assert settings.cameras
    assert check_site(settings).name == settings.model


def test_the_examples_show_what_they_should() -> None:
    assert {file.name for file in EXAMPLES} >= {"demo.yaml", "minimal.yaml", "site.example.yaml"}
    settings = load_settings(ROOT / "configs/site.example.yaml", env=SECRETS).settings
    assert len(settings.cameras) == 3
    zones = [zone for camera in settings.cameras.values() for zone in camera.zones.values()]
    assert any(zone.exclusion for zone in zones)
    assert any(zone.requires for zone in zones)
    assert settings.schedules
    assert any(camera.masks for camera in settings.cameras.values())


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.name)
def test_shipped_configurations_fit_the_published_schema(file: Path) -> None:
    document = read_document(file.read_text(encoding="utf-8"), filename=file.name, env=SECRETS)
    assert not list(jsonschema.Draft202012Validator(json_schema()).iter_errors(document.data))
