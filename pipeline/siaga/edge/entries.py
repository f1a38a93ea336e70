"""Where the supervisor's children begin; each imports what it needs itself, so that a camera stays small."""

from multiprocessing.connection import Connection

from siaga.core.clock import Clock, SystemClock
from siaga.core.errors import SiagaError
from siaga.core.settings import Settings
from siaga.edge.child import Tether, follow_parent, run_child
from siaga.edge.specs import CameraSpec, DeliverySpec, EngineSpec, StoreSpec
from siaga.manifest import Manifest


def camera_main(tether: Tether, spec: CameraSpec) -> None:
    """The process of one camera."""
    follow_parent()
    import cv2

    from siaga.edge.camera_process import CameraProcess

    # One thread per process, one process per core: OpenCV's own threads would only get in the way.
    cv2.setNumThreads(1)
    run_child(tether, lambda: CameraProcess(tether, spec, SystemClock()).run())


def engine_main(tether: Tether, spec: EngineSpec) -> None:
    """The process of one engine."""
    follow_parent()
    import cv2

    from siaga.edge.engine_process import EngineProcess

    cv2.setNumThreads(1)
    run_child(tether, lambda: EngineProcess(tether, spec, SystemClock()).run())


def delivery_main(tether: Tether, spec: DeliverySpec) -> None:
    """The process that delivers."""
    follow_parent()
    from siaga.edge.delivery_process import run_delivery

    run_child(tether, lambda: run_delivery(tether, spec, SystemClock()))


def first_steps(store: StoreSpec, manifest: Manifest, clock: Clock) -> None:
    """Before anything starts: try the models, and remove what a crash left half-written."""
    follow_parent()
    from siaga.edge.archive import open_archive

    archive = open_archive(store, clock)
    _try(store.settings, manifest)
    archive.sweep()
    archive.close()


def trial_main(answer: Connection, settings: Settings) -> None:
    """Load a configuration's models once; what is wrong with them is sent back."""
    follow_parent()
    from siaga.edge.check import check_site

    try:
        _try(settings, check_site(settings))
    except SiagaError as error:
        answer.send(error)


def _try(settings: Settings, manifest: Manifest) -> None:
    from siaga.edge.companions import crop_models
    from siaga.edge.parts import build_classifiers, build_detector

    build_detector(settings, manifest).close()
    for classifier in build_classifiers(settings, crop_models(settings, manifest)).values():
        classifier.close()
