"""What the service ordered, and what the box makes of it: the last good configuration always goes on."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import structlog

from siaga.core.errors import ConfigError, SiagaError, StorageError
from siaga.core.link import Configuration, Halt, OrderedModel, Orders, Outcome, Refusal
from siaga.core.settings import Settings
from siaga.core.settings.load import Loaded, hash_settings
from siaga.core.settings.remote import BOX_OWN, parse_remote
from siaga.deliver.link_state import LinkState
from siaga.edge.check import check_site

log = structlog.get_logger(__name__)


class Trial(Protocol):
    """A configuration that is being tried beside the work."""

    def done(self) -> bool:
        """Whether it has ended."""

    def result(self) -> None:
        """Raise what is wrong with it."""

    def end(self) -> None:
        """Give it up."""


@dataclass(frozen=True)
class Standing:
    """What a box runs. ``configuration``: the service's; None: the box's own file."""

    loaded: Loaded
    configuration: Configuration | None = None


class Steering:
    """Follows the orders of one box.

    Args:
        own: The box's own file.
        state: Where the delivery process leaves the orders.
        trial: Begins to try a configuration's models.
        env: What the environment holds; only ``deliver.link.variables`` of it are given to a configuration.
    """

    def __init__(
        self,
        own: Loaded,
        state: LinkState,
        trial: Callable[[Settings], Trial],
        env: Mapping[str, str] | None = None,
    ) -> None:
        link = own.settings.deliver.link
        given = os.environ if env is None else env
        self._own = own
        self._state = state
        self._trial = trial
        self._env = {name: given[name] for name in link.variables if name in given}
        self._follows = link.enabled
        self._seen = 0
        self._orders: Orders | None = None
        self._tried: tuple[Standing, Trial | None] | None = None
        self._refused: Refusal | None = None
        self._told = state.outcome()
        self._unwritten = False
        self.standing = Standing(own)

    @property
    def halt(self) -> Halt | None:
        """The kill switch. It holds whether or not the box still follows the service."""
        return self._orders.halt if self._orders is not None else None

    def begin(self) -> Iterator[Standing]:
        """What may be run at a start, best first; the caller takes the first that works and says so.

        What does not work is passed to ``refuse``.
        """
        self._seen = self._state.orders_changed()
        self._orders = self._state.orders()
        for configuration in self._candidates():
            try:
                yield self._usable(configuration)
            except SiagaError as error:
                self.refuse(configuration, error)
        yield Standing(self._own)

    def _candidates(self) -> list[Configuration]:
        ordered = self._orders.configuration if self._orders else None
        if not self._follows or (self._orders is not None and ordered is None):
            return []
        both = (ordered, self._state.last_good())
        return [one for one in both if one is not None]

    def refuse(self, configuration: Configuration, error: SiagaError) -> None:
        """Note that it cannot be used."""
        reason = self._own.redact(str(error))[:2000]
        ordered = self._orders.configuration if self._orders else None
        if ordered is not None and configuration == ordered:
            self._refused = Refusal(version=configuration.version, reason=reason)
        log.error("configuration of the service refused", version=configuration.version, reason=reason)

    def run(self, standing: Standing) -> None:
        """Note what is run from now on."""
        self.standing = standing
        if standing.configuration is not None:
            self._keep(partial(self._state.set_last_good, standing.configuration))

    def look(self) -> bool:
        """Whether newer orders came. Cheap when none did."""
        changed = self._state.orders_changed()
        if changed == self._seen:
            return False
        self._seen = changed
        orders = self._state.orders()
        if orders is None:
            return False
        self._orders = orders
        self._refused = None
        self.close()
        return True

    def close(self) -> None:
        """Give up what is being tried."""
        if self._tried is not None and self._tried[1] is not None:
            self._tried[1].end()
        self._tried = None

    def ordered_halt(self) -> Halt | None:
        """The kill switch as it is ordered at this moment, whether or not ``look`` was called since."""
        if self._state.orders_changed() == self._seen:
            return self.halt
        orders = self._state.orders()
        return orders.halt if orders is not None else self.halt

    def change(self) -> Standing | None:
        """What shall be run instead of ``standing``, once it was tried; None while nothing has to change."""
        if self._tried is None:
            self._tried = self._begin_trial()
        if self._tried is None:
            return None
        standing, trial = self._tried
        if trial is not None and not trial.done():
            return None
        self._tried = None
        if trial is None or self._works(standing, trial):
            return standing
        return None

    def _begin_trial(self) -> tuple[Standing, Trial | None] | None:
        if not self._follows or self._orders is None or self._refused is not None:
            return None
        wanted = self._orders.configuration
        if wanted == self.standing.configuration:
            return None
        if wanted is None:
            return Standing(self._own), None
        try:
            standing = self._usable(wanted)
        except SiagaError as error:
            self.refuse(wanted, error)
            return None
        if standing.loaded.config_hash == self.standing.loaded.config_hash:
            return standing, None
        return standing, self._trial(standing.loaded.settings)

    def _works(self, standing: Standing, trial: Trial) -> bool:
        try:
            trial.result()
        except Exception as error:  # noqa: BLE001 (whatever a trial ends with, the work goes on)
            told = error if isinstance(error, SiagaError) else ConfigError(f"it failed: {error!r}")
            if standing.configuration is not None:
                self.refuse(standing.configuration, told)
            return False
        return True

    def settled(self, *, halted: bool) -> None:
        """Tell what holds now, unless a trial is still under way."""
        if self._orders is None:
            return
        done = Outcome(
            number=self._orders.number if self._tried is None else self._told.number,
            configuration=self.standing.configuration.version if self.standing.configuration else None,
            refused=self._refused,
            halted=halted,
        )
        if done != self._told and self._keep(partial(self._state.set_outcome, done)):
            self._told = done

    def _keep(self, write: Callable[[], None]) -> bool:
        """Write it down; a full disk is waited out, and never stops the work."""
        try:
            write()
        except StorageError as error:
            if not self._unwritten:
                log.warning("the link's state cannot be written", error=str(error))
            self._unwritten = True
            return False
        self._unwritten = False
        return True

    def _usable(self, configuration: Configuration) -> Standing:
        """The configuration with what belongs to the box. Raises ConfigError, ModelError."""
        own = self._own.settings
        loaded = parse_remote(configuration.text, site=own.site.name, env=self._env)
        settings = loaded.settings
        if own.privacy.blur == "heads" and settings.privacy.blur != "heads":
            raise ConfigError(
                "heads are not covered", where="privacy.blur", fix="Only the box's own file may say so."
            )
        _check_sources(settings, own)
        settings = settings.model_copy(
            update={key: getattr(own, key) for key in BOX_OWN} | self._models(settings)
        )
        check_site(settings)
        return Standing(Loaded(settings, hash_settings(settings), loaded.redact), configuration)

    def _models(self, settings: Settings) -> dict[str, str]:
        """Names of models that the service sent, as the paths where they lie here."""
        ordered = {model.name: model for model in (self._orders.models if self._orders else ())}
        named = {key: getattr(settings, key) for key in ("model", "head_model", "harness_model")}
        return {key: self._path(ordered[name]) for key, name in named.items() if name in ordered}

    def _path(self, model: OrderedModel) -> str:
        path = self._state.manifest_of(model)
        if path is None:
            raise ConfigError("the model is not here yet; it is being fetched", where=model.name)
        return str(path)


def _check_sources(settings: Settings, own: Settings) -> None:
    """Files and devices of the box are read only where its own file says so."""
    known = _sources(own)
    for source in _sources(settings) - known:
        if not source.lower().startswith(("rtsp://", "rtsps://")):
            raise ConfigError(
                "a file or device of the box is named that its own file does not name",
                where=source,
                fix="Use rtsp://, or name it in the box's own file.",
            )


def _sources(settings: Settings) -> set[str]:
    return {entry.path.reveal() for camera in settings.cameras.values() for entry in camera.ffmpeg.inputs}
