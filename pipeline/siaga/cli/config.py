"""``siaga config``: is a site's configuration right, and what may stand in it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from siaga.cli.console import stderr, stdout

if TYPE_CHECKING:
    from siaga.core.settings import Camera, Settings
    from siaga.core.settings.load import Loaded
    from siaga.edge.companions import CropModels
    from siaga.manifest import Manifest

app = typer.Typer(
    help="Check a site's configuration, or print its JSON Schema.",
    no_args_is_help=True,
)


@app.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="The site's configuration, e.g. site.yaml.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Parse a configuration, compare it with its model, and say what it asks for.

    Nothing is connected and nothing is written. What is wrong is said with file and line.
    """
    from siaga.core.settings.load import load_settings
    from siaga.edge.check import check_site
    from siaga.edge.companions import companions

    loaded = load_settings(file)
    manifest = check_site(loaded.settings)
    models = companions(loaded.settings, manifest)
    for model in (manifest, *models.values()):
        model.verify_sha256()
    told = summary(loaded, manifest, models)
    if as_json:
        typer.echo(json.dumps(told, indent=2))
    else:
        _print(told, str(file))


@app.command("schema")
def schema(
    write: Annotated[
        Path | None, typer.Option("--write", help="Write it to this file instead of printing it.")
    ] = None,
) -> None:
    """The JSON Schema of a configuration, for editors and checkers."""
    from siaga.core.settings.schema import json_schema_text

    text = json_schema_text()
    if write is None:
        typer.echo(text, nl=False)
        return
    from siaga.core.errors import StorageError

    try:
        write.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StorageError(
            f"the schema cannot be written ({error.strerror})",
            where=str(write),
            fix="Choose a folder that exists and that you may write to.",
        ) from error
    stderr().print(f"Wrote {escape(str(write))}")


def summary(loaded: "Loaded", manifest: "Manifest", models: "CropModels") -> dict[str, Any]:
    """What a configuration asks for, in JSON types and without secrets."""
    settings = loaded.settings
    return {
        "site": settings.site.name,
        "timezone": settings.site.timezone,
        "model": {"name": manifest.name, "sha256": manifest.sha256, "classes": list(manifest.classes)},
        "classifiers": {
            item.value: {"name": model.name, "sha256": model.sha256} for item, model in models.items()
        },
        "config_hash": loaded.config_hash,
        "deliver": settings.deliver.url,
        "mqtt": f"{settings.mqtt.host}:{settings.mqtt.port}" if settings.mqtt.enabled else None,
        "cameras": {name: _camera(camera, settings) for name, camera in settings.cameras.items()},
        "schedules": {
            name: f"{'/'.join(entry.days)} {entry.start:%H:%M}-{entry.end:%H:%M}"
            for name, entry in settings.schedules.items()
        },
    }


def _camera(camera: "Camera", settings: "Settings") -> dict[str, Any]:
    asked = settings.ppe.requires if camera.ppe.requires is None else camera.ppe.requires
    return {
        "enabled": camera.enabled,
        "streams": [
            {"address": str(entry.path), "roles": list(entry.roles)} for entry in camera.ffmpeg.inputs
        ],
        "fps": camera.detect.fps,
        "requires": [item.value for item in asked],
        "schedule": camera.ppe.schedule or settings.ppe.schedule,
        "zones": {
            name: {
                "exclusion": zone.exclusion,
                "requires": [item.value for item in zone.requires],
                "schedule": zone.schedule,
                "loitering_time": zone.loitering_time,
            }
            for name, zone in camera.zones.items()
        },
        "masks": list(camera.masks),
    }


def _print(told: dict[str, Any], file: str) -> None:
    out = stdout()

    def say(text: str) -> None:
        out.print(text, markup=False)

    model = told["model"]
    say(f"site {told['site']} ({told['timezone']}), model {model['name']} ({', '.join(model['classes'])})")
    for item, classifier in told["classifiers"].items():
        say(f"crops judged for {item}: {classifier['name']}")
    for name, camera in told["cameras"].items():
        say(f"camera {name}{'' if camera['enabled'] else ' (disabled)'}")
        for stream in camera["streams"]:
            say(f"  {' and '.join(stream['roles'])}: {stream['address']}")
        wanted = ", ".join(camera["requires"]) or "nothing"
        say(
            f"  whole picture: asks for {wanted}{_when(camera['schedule'])}, "
            f"{camera['fps']:g} pictures a second"
        )
        for zone, rule in camera["zones"].items():
            say(f"  zone {zone}: {_rules(rule)}{_when(rule['schedule'])}")
        if camera["masks"]:
            say(f"  privacy masks: {', '.join(camera['masks'])}")
    for name, text in told["schedules"].items():
        say(f"schedule {name}: {text}")
    say(f"events go to {told['deliver'] or 'nowhere: they stay on this box'}")
    if told["mqtt"]:
        say(f"notifications go to the MQTT broker {told['mqtt']}")
    out.print(f"[bold green]ok[/] {escape(file)}")


def _rules(rule: dict[str, Any]) -> str:
    parts = []
    if rule["exclusion"]:
        after = f" for {rule['loitering_time']:g} s" if rule["loitering_time"] else ""
        parts.append(f"nobody may be inside{after}")
    if rule["requires"]:
        parts.append(f"asks for {', '.join(rule['requires'])}")
    return ", ".join(parts)


def _when(schedule: str | None) -> str:
    return f" (schedule {schedule})" if schedule else ""
