"""The doctor's questions about the work: model, video, delivery."""

import importlib.util
import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from siaga.core.errors import DependencyMissing
from siaga.core.settings import Settings
from siaga.edge.finding import Finding, Status

if TYPE_CHECKING:
    from siaga.manifest import CropManifest

_SLOW_INFERENCE_S = 0.2
_TRIES = 4


def provider(settings: Settings) -> Iterator[Finding]:
    """What runs the model, why, and what else could."""
    from siaga.detect.providers import choose

    choice = choose(settings.detector.provider)
    yield Finding("provider", Status.OK, f"{choice.provider} ({choice.reason})")
    others = "; ".join(f"{name}: {words}" for name, words in choice.alternatives.items())
    yield Finding("other providers", Status.OK, others)


def model(settings: Settings) -> Iterator[Finding]:
    """The models: bytes, classes, licence, and real inferences."""
    from siaga.edge.check import check_site

    manifest = check_site(settings)
    manifest.verify_sha256()
    classes = ", ".join(manifest.classes)
    said = f"{manifest.name}: {classes}; licence {manifest.licence}; sha256 {manifest.sha256[:12]}… verified"
    yield Finding("model", Status.OK, said)
    yield _inference(settings)
    yield from classifiers(settings)


def _inference(settings: Settings) -> Finding:
    """Load the model as the edge would, and time one picture through it."""
    import numpy as np

    from siaga.core.clock import SystemClock
    from siaga.core.frame import Frame
    from siaga.detect import open_detector
    from siaga.manifest import resolve

    manifest = resolve(settings.model)
    detector = open_detector(manifest, provider=settings.detector.provider)
    size = (1920, 1080)
    width, height = detector.analysis_size(size)
    picture = np.full((height, width, 3), 114, np.uint8)
    frame = Frame("doctor", 0, 0, 0.0, 0.0, SystemClock().utc(), picture, size)
    taken = min(_seconds(partial(detector.detect, [frame])) for _ in range(_TRIES))
    provider = detector.choice.provider
    detector.close()
    said = f"{taken * 1000:.0f} ms for a picture of {width} x {height} on {provider}, one thread"
    if taken > _SLOW_INFERENCE_S:
        return Finding(
            "inference", Status.WARN, said, "Choose a smaller model, or analyse fewer pictures a second."
        )
    return Finding("inference", Status.OK, said)


def classifiers(settings: Settings) -> Iterator[Finding]:
    """The second stage: bytes, what it judges, and a real look at a full batch of crops."""
    from siaga.edge.companions import companions, crop_models
    from siaga.manifest import resolve

    manifest = resolve(settings.model)
    used = crop_models(settings, manifest)
    found = companions(settings, manifest)
    if not found:
        yield Finding("second stage", Status.OK, "none: the detector alone judges, and no harness")
    for item, crops in found.items():
        crops.verify_sha256()
        said = f"{crops.name}: licence {crops.licence}; sha256 {crops.sha256[:12]}… verified"
        timed = f"; {_look_ms(settings, crops):.1f} ms a crop" if item in used else "; not asked for"
        yield Finding(f"{item.value} crops", Status.OK, said + timed)


def _look_ms(settings: Settings, manifest: "CropManifest") -> float:
    """Milliseconds for one crop of a full batch, opened as the edge opens it."""
    import numpy as np

    from siaga.detect.classifier import MAX_BATCH, open_classifier

    classifier = open_classifier(manifest, provider=settings.detector.provider)
    crop = np.full((manifest.input.height, manifest.input.width, 3), 114, np.uint8)
    taken = min(_seconds(partial(classifier.classify, [crop] * MAX_BATCH)) for _ in range(_TRIES))
    classifier.close()
    return 1000 * taken / MAX_BATCH


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def codecs(_: Settings) -> Iterator[Finding]:
    """FFmpeg's decoders and the encoder of clips."""
    import av
    from av.codec import Codec

    missing = []
    for name in ("h264", "hevc", "libx264"):
        try:
            Codec(name, "w" if name == "libx264" else "r")
        except av.codec.codec.UnknownCodecError:
            missing.append(name)
    versions = av.library_versions
    said = f"PyAV {av.__version__}, libavcodec {'.'.join(map(str, versions['libavcodec']))}"
    if missing:
        way_out = "Install PyAV's own wheel: pip install --force-reinstall --only-binary av av"
        yield Finding("video", Status.FAIL, f"{said}; without {', '.join(missing)}", way_out)
    else:
        yield Finding("video", Status.OK, f"{said}; reads H.264 and H.265, writes H.264")


def mqtt(settings: Settings) -> Iterator[Finding]:
    """The optional package."""
    installed = importlib.util.find_spec("paho") is not None
    if settings.mqtt.enabled and not installed:
        raise DependencyMissing(
            "mqtt.enabled is true and paho-mqtt is not installed", fix="pip install 'siaga[mqtt]'"
        )
    yield Finding(
        "MQTT", Status.OK, "paho-mqtt is installed" if installed else "not installed and not asked for"
    )


def delivery(settings: Settings) -> Iterator[Finding]:
    """Can what is recorded be handed over?"""
    deliver = settings.deliver
    if deliver.url is None:
        yield Finding("delivery", Status.OK, "no service is configured; everything stays on this box")
        return
    said = f"to {deliver.url}"
    if deliver.token is None and deliver.token_file is None:
        yield Finding(
            "delivery", Status.FAIL, f"{said}, without a token", "Set deliver.token or deliver.token_file."
        )
    elif deliver.token_file is not None and not os.access(deliver.token_file, os.R_OK):
        way_out = "The service makes the token at its first start; copy it there, readable for this user."
        yield Finding("delivery", Status.FAIL, f"{said}; {deliver.token_file} cannot be read", way_out)
    elif deliver.url.startswith("http://") and not _is_local(deliver.url):
        yield Finding("delivery", Status.WARN, f"{said}, unencrypted", "Use https:// beyond this machine.")
    else:
        yield Finding("delivery", Status.OK, said)


def link(settings: Settings) -> Iterator[Finding]:
    """Whose orders this box takes, and whether it is halted."""
    from siaga.deliver.link_state import LinkState

    wanted = settings.deliver.link
    state = LinkState(settings.state_dir, wanted.service_key)
    orders, refused = state.orders(), state.outcome().refused
    if orders is not None and orders.halt is not None:
        said = f"halted since {orders.halt.since:%Y-%m-%d %H:%M} UTC: {orders.halt.reason}"
        yield Finding("kill switch", Status.FAIL, said, "Lift it in the service.")
    if refused is not None:
        said = f"version {refused.version} of the service's configuration is refused: {refused.reason}"
        yield Finding("configuration", Status.WARN, said, "Correct it in the service, or roll back there.")
    if not wanted.enabled:
        yield Finding("link", Status.OK, "off: only the box's own file counts")
    elif state.key() is None:
        yield Finding("link", Status.OK, "on; the service was never reached")
    else:
        yield Finding("link", Status.OK, f"on; the service's key is {state.key()}")


def _is_local(url: str) -> bool:
    return urlsplit(url).hostname in ("127.0.0.1", "::1", "localhost")
