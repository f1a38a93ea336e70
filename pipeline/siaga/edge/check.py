"""What can be checked of a site before any process starts, without importing what the processes need."""

from siaga.core.errors import ConfigError
from siaga.core.settings import Settings
from siaga.core.verdict import Item
from siaga.edge.companions import asked, companions
from siaga.manifest import Manifest, resolve


def check_site(settings: Settings) -> Manifest:
    """Check what can be checked before any process starts.

    Raises:
        ModelError: The model or a classifier cannot be used.
        ConfigError: The model knows no people, or an item is asked for that nothing judges.
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
    """Refuse an item that no model judges: it would be "cannot tell" for ever, and look like safety.

    Raises:
        ConfigError: Names the key and what the model can judge.
        ModelError: A classifier cannot be used.
    """
    judged = {*manifest.classes, *(item.value for item in companions(settings, manifest))}
    for entry in asked(settings):
        for item in entry.items:
            if item.value not in judged:
                raise ConfigError(
                    f"the model {manifest.name} cannot judge {item.value} "
                    f"(its classes: {', '.join(manifest.classes)})",
                    where=entry.key,
                    fix="Take the item out, or choose a model that has it"
                    + (", or name a harness_model." if item is Item.HARNESS else "."),
                )
