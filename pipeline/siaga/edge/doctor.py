"""Whether Siaga can do its work on this machine: one check per question."""

from collections.abc import Callable, Iterable, Iterator

from siaga.core.errors import SiagaError
from siaga.core.settings import Settings
from siaga.edge import checks_machine, checks_work
from siaga.edge.finding import Finding, Status
from siaga.edge.libraries import explain

Check = Callable[[Settings], Iterable[Finding]]

_CHECKS: tuple[tuple[str, Check], ...] = (
    ("packages", checks_machine.python),
    ("cores", checks_machine.cores),
    ("memory", checks_machine.memory),
    ("disk", checks_machine.disk),
    ("CPU", checks_machine.cpu),
    ("provider", checks_work.provider),
    ("model", checks_work.model),
    ("video", checks_work.codecs),
    ("clock", checks_machine.clock),
    ("SQLite", checks_machine.sqlite),
    ("MQTT", checks_work.mqtt),
    ("delivery", checks_work.delivery),
    ("link", checks_work.link),
)


def diagnose(settings: Settings) -> list[Finding]:
    """Ask every question. A check that fails does not keep the next one from being asked.

    Writes nothing but a nameless file, gone at once, where the state folder is or would be.
    """
    return [finding for name, check in _CHECKS for finding in _asked(name, check, settings)]


def _asked(name: str, check: Check, settings: Settings) -> Iterator[Finding]:
    try:
        yield from check(settings)
    except SiagaError as error:
        yield _failure(name, error)
    except ImportError as error:
        yield _failure(name, explain(error))


def _failure(name: str, error: SiagaError) -> Finding:
    where = f"{error.where}: " if error.where else ""
    return Finding(name, Status.FAIL, f"{where}{error.what}", error.fix or "")
