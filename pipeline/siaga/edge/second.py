"""The second stage at work: classifiers look at people on crops of the full-resolution picture."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from siaga.core.detection import Detections
from siaga.core.frame import Frame, Rgb
from siaga.core.geometry import Box, anchor_point
from siaga.core.person import Person
from siaga.core.settings import Camera, Settings, Zone
from siaga.core.verdict import Item, Look, Reason
from siaga.detect.classifier import Classifier
from siaga.detect.crops import cut, pixels
from siaga.judge.closer import CloseLooks, Place, answer, gate, head_places, torso_place
from siaga.manifest import CropManifest, Manifest

Classifiers = Mapping[Item, Classifier]

HEADS = ("head", "helmet")
"""The detector's classes that say where a head is."""
_FORGET_S = 5.0
_EPSILON_S = 1e-6


@dataclass(slots=True)
class CropCount:
    """What the crops of one item cost.

    Attributes:
        looked: Crops that were classified.
        left_out: People whose turn it was, and who were over the frame's bound or whose picture was gone.
        seconds: Spent on cutting and classifying.
    """

    looked: int = 0
    left_out: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class _Turns:
    """Who is looked at when: at most every ``period`` seconds, at most ``most`` per frame."""

    most: int
    period: float = 0.0
    last: dict[int, tuple[float, int]] = field(default_factory=dict)
    """By track id: when, and the how manieth of all looks."""
    taken: int = 0

    def order(self, people: Iterable[Person], t: float) -> list[Person]:
        """Whose turn it is at ``t``, who was not looked at longest first."""
        kept = max(_FORGET_S, self.period)
        self.last = {key: last for key, last in self.last.items() if t - last[0] <= kept}
        due = [one for one in people if t - self._last(one)[0] >= self.period - _EPSILON_S]
        return sorted(due, key=self._last)

    def took(self, track_id: int, t: float) -> None:
        """It was this person's turn at ``t``."""
        self.taken += 1
        self.last[track_id] = (t, self.taken)

    def _last(self, person: Person) -> tuple[float, int]:
        return self.last.get(person.track_id, (-np.inf, 0))


class SecondStage:
    """The classifiers' looks at the people of one camera.

    Args:
        camera: Says where a harness is asked for.
        settings: The site's.
        manifest: The detector's, with the thresholds from which it is sure.
        classifiers: Opened elsewhere; shared between the cameras of an engine.
        seconds: A clock for what crops cost.

    Attributes:
        counts: What it cost so far, by item.
    """

    def __init__(
        self,
        camera: Camera,
        settings: Settings,
        manifest: Manifest,
        classifiers: Classifiers,
        seconds: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._classifiers = classifiers
        self._seconds = seconds
        least = _least(camera, manifest)
        self._sure = _sure_from(least) if Item.HELMET in classifiers else None
        self._sure_person = least.get("person", 0.0)
        self._zones = tuple(zone for zone in camera.zones.values() if Item.HARNESS in zone.requires)
        whole = settings.ppe.requires if camera.ppe.requires is None else camera.ppe.requires
        self._everywhere = Item.HARNESS in whole
        self._turns = {
            Item.HELMET: _Turns(settings.crops.heads_per_frame),
            Item.HARNESS: _Turns(settings.crops.harness_per_frame, settings.crops.harness_period),
        }
        self.counts = {item: CropCount() for item in classifiers}

    def sure(self, detections: Detections) -> Detections:
        """``detections`` without the heads and helmets that are mere candidates for a closer look."""
        return detections if self._sure is None else detections.take(self._is_sure(detections))

    def _is_sure(self, detections: Detections) -> NDArray[np.bool_]:
        least = self._sure if self._sure is not None else np.zeros(0, np.float32)
        return np.asarray(detections.confidence > least[detections.class_id], np.bool_)

    def look(self, frame: Frame, people: Sequence[Person], detections: Detections) -> CloseLooks:
        """What the classifiers say of ``people``, by track id.

        Args:
            people: Everybody in the frame, with the parts that the detector is sure of.
            detections: All of the frame, candidates included.

        Raises:
            ModelUnsupported: A classifier failed on a crop.
        """
        looks: dict[int, dict[Item, Look]] = {person.track_id: {} for person in people}
        for item, classifier in self._classifiers.items():
            began = self._seconds()
            places = self._places(item, frame, people, detections)
            for track_id, look in self._looks(classifier, frame, places).items():
                looks[track_id][item] = look
            self.counts[item].seconds += self._seconds() - began
        return looks

    def _places(
        self, item: Item, frame: Frame, people: Sequence[Person], detections: Detections
    ) -> dict[int, Place | Reason]:
        """Whose turn it is, in order, and where to look."""
        if item is Item.HELMET:
            weak = detections.take(~self._is_sure(detections))
            places = head_places(people, weak, frame.size, self._sure_person)
            found = {person.track_id: place for person, place in zip(people, places, strict=True)}
            return {
                person.track_id: found[person.track_id] for person in self._turns[item].order(people, frame.t)
            }
        watched = self._who_needs_a_harness(people, frame.size)
        return {
            person.track_id: torso_place(person, frame.size)
            for person in self._turns[item].order(watched, frame.t)
        }

    def _who_needs_a_harness(self, people: Sequence[Person], size: tuple[int, int]) -> list[Person]:
        if self._everywhere:
            return list(people)
        inside = [_inside(zone, people, size) for zone in self._zones]
        return [person for row, person in enumerate(people) if any(zone[row] for zone in inside)]

    def _looks(
        self, classifier: Classifier, frame: Frame, places: dict[int, Place | Reason]
    ) -> dict[int, Look]:
        manifest = classifier.manifest
        item = Item(manifest.item)
        turns, count = self._turns[item], self.counts[item]
        looks: dict[int, Look] = {}
        crops: dict[int, tuple[Place, Rgb]] = {}
        for track_id, place in places.items():
            wanted = gate(place, manifest)
            if isinstance(wanted, Look):
                looks[track_id] = wanted
                turns.took(track_id, frame.t)
            elif len(crops) == turns.most or (crop := _crop(frame, wanted.xyxy, manifest)) is None:
                count.left_out += 1
            else:
                crops[track_id] = wanted, crop
                turns.took(track_id, frame.t)
        if crops:
            count.looked += len(crops)
            rows = classifier.classify([crop for _, crop in crops.values()])
            looks |= {
                key: answer(row, manifest, at)
                for (key, (at, _)), row in zip(crops.items(), rows, strict=True)
            }
        return looks


def _least(camera: Camera, manifest: Manifest) -> dict[str, float]:
    """By class, in the model's order: the confidence over which a box is a detection."""
    filters = {str(name): entry.min_score for name, entry in camera.objects.filters.items()}
    return {
        name: manifest.thresholds.confidence[name] if (own := filters.get(name)) is None else own
        for name in manifest.classes
    }


def _sure_from(least: Mapping[str, float]) -> NDArray[np.float32]:
    """(C,) float32: the confidence over which a box is no mere candidate."""
    return np.array([bound if name in HEADS else -1.0 for name, bound in least.items()], np.float32)


def _inside(zone: Zone, people: Sequence[Person], size: tuple[int, int]) -> list[bool]:
    return zone.coordinates.contain([anchor_point(person.xyxy, zone.anchor) for person in people], size)


def _crop(frame: Frame, box: Box, manifest: CropManifest) -> Rgb | None:
    patch = frame.patch(pixels(box, manifest))
    if patch is None:
        return None
    x1, y1, x2, y2 = box
    return cut(patch.rgb, (x1 - patch.x, y1 - patch.y, x2 - patch.x, y2 - patch.y), manifest)
