"""What can be checked of a site before any process starts, without importing what the processes need."""

from siaga.core.errors import ConfigError
from siaga.core.settings import Settings
from siaga.manifest import Manifest, resolve


def check_site(settings: Settings) -> Manifest:
    """Check what can be checked before any process starts.

    Raises:
        ModelError: The model cannot be used.
        ConfigError: The model knows no people, or an item is asked for that it has no class for.
        DependencyMissing: The provider that is asked for is not installed.
    """
    manifest = model_for_people(settings)
    check_items(settings, manifest)
    return manifest


def model_for_people(settings: Settings) -> Manifest:
    """The model that the settings name.

    Raises:
        ModelError: It cannot be used.
        ConfigError: It knows no people.
    """
    manifest = resolve(settings.model)
    if "person" not in manifest.classes:
        raise ConfigError(
            f"the model {manifest.name} has no class person (it has: {', '.join(manifest.classes)})",
            where="model",
            fix="Choose a model that finds people.",
        )
    return manifest


def check_items(settings: Settings, manifest: Manifest) -> None:
    """Refuse an item that the model cannot judge: it would be "cannot tell" for ever, and look like safety.

    Raises:
        ConfigError: Names the key and what the model can judge.
    """
    asked = {"ppe.requires": settings.ppe.requires}
    for name, camera in settings.cameras.items():
        asked[f"cameras.{name}.ppe.requires"] = camera.ppe.requires or ()
        for zone, block in camera.zones.items():
            asked[f"cameras.{name}.zones.{zone}.requires"] = block.requires
    for key, items in asked.items():
        for item in items:
            if item.value not in manifest.classes:
                raise ConfigError(
                    f"the model {manifest.name} cannot judge {item.value} "
                    f"(its classes: {', '.join(manifest.classes)})",
                    where=key,
                    fix="Take the item out, or choose a model that has it.",
                )
