"""The crop classifiers of a site: named by its settings, or by the detector's manifest."""

from collections.abc import Mapping
from dataclasses import dataclass

from siaga.core.errors import ConfigError
from siaga.core.event import ModelRef
from siaga.core.settings import Settings
from siaga.core.verdict import Item
from siaga.manifest import CropManifest, Manifest, resolve_classifier

_DISABLED = "disabled"
_REGIONS = {Item.HELMET: "head", Item.HARNESS: "person"}
_KEYS = {Item.HELMET: "head_model", Item.HARNESS: "harness_model"}

CropModels = Mapping[Item, CropManifest]
"""The classifier of each item that has one."""


@dataclass(frozen=True)
class Asked:
    """Equipment that is asked for under one key of the configuration."""

    key: str
    items: tuple[Item, ...]


def asked(settings: Settings) -> tuple[Asked, ...]:
    """Everything that the configuration asks for, in its order."""
    found = [Asked("ppe.requires", settings.ppe.requires)]
    for name, camera in settings.cameras.items():
        found.append(Asked(f"cameras.{name}.ppe.requires", camera.ppe.requires or ()))
        found += [
            Asked(f"cameras.{name}.zones.{zone}.requires", block.requires)
            for zone, block in camera.zones.items()
        ]
    return tuple(found)


def companions(settings: Settings, manifest: Manifest) -> CropModels:
    """The classifiers that the site has, whether or not their item is asked for.

    A classifier that the settings name must be there. One that ``manifest`` names is taken where it lies
    beside it.

    Raises:
        ModelError: One of them cannot be used.
        ConfigError: It judges another item.
    """
    found = {
        Item.HELMET: _chosen(Item.HELMET, settings.head_model, manifest, manifest.head_model),
        Item.HARNESS: _chosen(Item.HARNESS, settings.harness_model, manifest, manifest.harness_model),
    }
    return {item: chosen for item, chosen in found.items() if chosen is not None}


def crop_models(settings: Settings, manifest: Manifest) -> CropModels:
    """Of :func:`companions` those that take part: an enabled camera asks for their item."""
    wanted: set[Item] = set()
    for camera in (one for one in settings.cameras.values() if one.enabled):
        whole = settings.ppe.requires if camera.ppe.requires is None else camera.ppe.requires
        wanted |= {*whole, *(item for zone in camera.zones.values() for item in zone.requires)}
    return {item: model for item, model in companions(settings, manifest).items() if item in wanted}


def _chosen(item: Item, named: str | None, manifest: Manifest, companion: str | None) -> CropManifest | None:
    if named == _DISABLED:
        return None
    chosen = manifest.companion(companion) if named is None else resolve_classifier(named)
    if chosen is not None and (chosen.item, chosen.region) != (item.value, _REGIONS[item]):
        raise ConfigError(
            f"the classifier {chosen.name} judges {chosen.item} on {chosen.region} crops, "
            f"not {item.value} on {_REGIONS[item]} crops",
            where=_KEYS[item],
            fix="Name a classifier for that item, or disabled.",
        )
    return chosen


def classifier_refs(models: CropModels) -> dict[Item, ModelRef]:
    """How events name the classifiers."""
    return {item: ModelRef(name=model.name, sha256=model.sha256) for item, model in models.items()}
