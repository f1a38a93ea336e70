"""What a box makes of its orders: only those of its service, the last good configuration always goes on."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from siaga.core.errors import ModelTampered, ModelUnsupported
from siaga.core.link import (
    Configuration,
    Forged,
    Halt,
    OrderedModel,
    Orders,
    Replayed,
    Signed,
    seal,
)
from siaga.core.settings import Settings
from siaga.core.settings.load import Loaded, parse_settings
from siaga.deliver.device import DeviceKey
from siaga.deliver.link_state import LinkState
from siaga.edge.steering import Standing, Steering
from tests.edge.site import model_that_sees_in_bright_pictures

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Key:
    """A service's key."""

    def __init__(self, seed: int = 1) -> None:
        self._key = DeviceKey.from_seed(bytes([seed]) * 32)
        self.public_key = self._key.public_key

    def sign(self, data: bytes) -> str:
        return self._key.sign(data.hex())


@dataclass
class Trial:
    """A trial that ends when it is told to."""

    settings: Settings
    over: bool = False
    error: Exception | None = None

    def done(self) -> bool:
        return self.over

    def result(self) -> None:
        if self.error is not None:
            raise self.error

    def end(self) -> None:
        self.over, self.error = True, ModelUnsupported("given up")


class Box:
    """A box without processes: its own file, its state, and the trials that it asked for."""

    def __init__(self, folder: Path, *, link: str = "enabled: true") -> None:
        self.model = model_that_sees_in_bright_pictures(folder)
        self.own = parse_settings(
            f"site: {{name: north}}\nstate_dir: {folder / 'edge'}\nmodel: {self.model}\n"
            f"deliver: {{url: 'http://service', link: {{{link}, variables: [CAM]}}}}\n"
            "cameras: {own: {ffmpeg: {inputs: [{path: 'file:own.mp4'}]}}}\n"
        )
        self.state = LinkState(self.own.settings.state_dir)
        self.state.pin(Key().public_key)
        self.number = 0
        self.trials: list[Trial] = []
        self.steering = self.restarted()

    def restarted(self) -> Steering:
        """The box after its next start."""
        self.steering = Steering(self.own, self.state, self._try, {"CAM": "hunter22", "OTHER": "x"})
        for standing in self.steering.begin():
            self.steering.run(standing)
            break
        return self.steering

    def _try(self, settings: Settings) -> Trial:
        self.trials.append(Trial(settings))
        return self.trials[-1]

    def configuration(
        self, version: int, camera: str = "gate", more: str = "", **fields: str
    ) -> Configuration:
        path = fields.get("path", "rtsp://u:{CAM}@camera/1")
        text = (
            f"site: {{name: north}}\nmodel: {fields.get('model', self.model)}\n{more}\n"
            f"cameras: {{{camera}: {{ffmpeg: {{inputs: [{{path: '{path}'}}]}}}}}}\n"
        )
        return Configuration(version=version, text=text)

    def order(self, **fields: Any) -> Signed:
        """The next orders, signed."""
        self.number += 1
        known = {"site": "north", "device_id": "box", "number": self.number, "issued_at": NOON}
        return seal(Orders.model_validate(known | fields), Key())

    def obey(self, **fields: Any) -> Standing | None:
        """Take orders; every trial that they need works."""
        self.state.accept(self.order(**fields), "north", "box")
        assert self.steering.look()
        changed = self.steering.change()
        if changed is None and self.trials and not self.trials[-1].over:
            self.trials[-1].over = True
            changed = self.steering.change()
        if changed is not None:
            self.steering.run(changed)
        self.steering.settled(halted=self.steering.halt is not None)
        return changed


@pytest.fixture
def box(tmp_path: Path) -> Box:
    """A box that follows a service."""
    return Box(tmp_path)


def cameras(standing: Standing | None) -> list[str]:
    assert standing is not None
    return list(standing.loaded.settings.cameras)


def test_a_configuration_is_tried_run_and_run_again_after_a_start(box: Box) -> None:
    assert cameras(box.steering.standing) == ["own"]
    changed = box.obey(configuration=box.configuration(1))
    assert cameras(changed) == ["gate"]
    settings = box.steering.standing.loaded.settings
    assert settings.state_dir == box.own.settings.state_dir
    assert settings.deliver == box.own.settings.deliver
    assert settings.cameras["gate"].ffmpeg.url("detect").reveal() == "rtsp://u:hunter22@camera/1"
    assert not box.steering.look()
    assert box.steering.change() is None
    assert (box.state.outcome().number, box.state.outcome().configuration) == (1, 1)
    assert cameras(box.restarted().standing) == ["gate"]
    assert len(box.trials) == 1


def test_until_it_was_tried_the_work_goes_on_as_it_was(box: Box) -> None:
    box.state.accept(box.order(configuration=box.configuration(1)), "north", "box")
    assert box.steering.look()
    assert box.steering.change() is None
    box.steering.settled(halted=False)
    assert box.state.outcome().number == 0
    box.trials[0].over, box.trials[0].error = True, ModelUnsupported("it fails on this box")
    assert box.steering.change() is None
    box.steering.settled(halted=False)
    refused = box.state.outcome().refused
    assert refused is not None
    assert (refused.version, refused.reason) == (1, "it fails on this box")
    assert cameras(box.steering.standing) == ["own"]
    assert box.steering.change() is None
    assert len(box.trials) == 1


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"camera": "g a t e"}, "cameras"),
        ({"more": "privacy: {blur: none}"}, "heads are not covered"),
        ({"path": "file:/etc/passwd"}, "own file"),
        ({"path": "rtsp://{OTHER}@elsewhere/1"}, "OTHER"),
        ({"model": "no-such-model"}, "no-such-model"),
        ({"more": "ppe: {requires: [harness]}"}, "harness"),
        ({"more": "state_dir: /tmp/elsewhere"}, "state_dir"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_reason(box: Box, wrong: dict[str, str], reason: str) -> None:
    box.obey(configuration=box.configuration(1))
    assert box.obey(configuration=box.configuration(2, **wrong)) is None
    outcome = box.state.outcome()
    assert outcome.refused is not None
    assert outcome.refused.version == 2
    assert reason in outcome.refused.reason
    assert "hunter22" not in outcome.refused.reason
    assert (outcome.number, outcome.configuration) == (2, 1)
    assert cameras(box.steering.standing) == ["gate"]
    restarted = box.restarted().standing
    assert (cameras(restarted), restarted.configuration) == (["gate"], box.configuration(1))
    back = box.obey(configuration=box.configuration(3, "crane"))
    assert (cameras(back), box.state.outcome().refused) == (["crane"], None)


def test_the_same_under_another_version_changes_nothing_but_the_version(box: Box) -> None:
    box.obey(configuration=box.configuration(1))
    before = box.steering.standing.loaded.config_hash
    changed = box.obey(configuration=box.configuration(2))
    assert changed is not None
    assert (changed.loaded.config_hash, len(box.trials)) == (before, 1)
    assert box.state.outcome().configuration == 2


def test_the_kill_switch_survives_a_start_and_turning_the_link_off(box: Box, tmp_path: Path) -> None:
    box.obey(configuration=box.configuration(1), halt=Halt(since=NOON, reason="asked for"))
    assert box.state.outcome().halted
    halt = box.restarted().halt
    assert halt is not None
    assert halt.reason == "asked for"
    off = Box(tmp_path, link="enabled: false")
    assert off.steering.halt is not None
    assert cameras(off.steering.standing) == ["own"]
    box.number = 1
    box.obey(configuration=box.configuration(1))
    assert box.restarted().halt is None


def test_a_halt_is_seen_while_a_configuration_is_tried(box: Box) -> None:
    box.state.accept(box.order(configuration=box.configuration(1)), "north", "box")
    box.steering.look()
    assert box.steering.change() is None
    box.state.accept(
        box.order(configuration=box.configuration(1), halt=Halt(since=NOON, reason="x")), "north", "box"
    )
    assert box.steering.ordered_halt() is not None
    assert box.steering.halt is None
    assert box.steering.look()
    assert box.steering.halt is not None


def test_forged_replayed_and_foreign_orders_are_kept_out(box: Box) -> None:
    first = box.order(configuration=box.configuration(1))
    box.state.accept(box.order(halt=Halt(since=NOON, reason="x")), "north", "box")
    same = seal(Orders(site="north", device_id="box", number=2, issued_at=NOON), Key())
    other = seal(Orders(site="north", device_id="box", number=9, issued_at=NOON), Key(2))
    foreign = seal(Orders(site="north", device_id="box-2", number=9, issued_at=NOON), Key())
    changed = first.model_copy(update={"payload": first.payload.replace('"number":1', '"number":9')})
    for wrong, error in (
        (first, Replayed),
        (same, Replayed),
        (foreign, Replayed),
        (other, Forged),
        (changed, Forged),
    ):
        with pytest.raises(error):
            box.state.accept(wrong, "north", "box")
    orders = box.state.orders()
    assert orders is not None
    assert (orders.number, orders.halt is not None) == (2, True)


def test_damaged_files_count_as_not_there(box: Box, tmp_path: Path) -> None:
    box.obey(configuration=box.configuration(1))
    folder = tmp_path / "edge" / "link"
    signed = json.loads((folder / "orders.json").read_text())
    for broken in ("", "{", json.dumps(signed | {"payload": signed["payload"].replace("gate", "yard")})):
        (folder / "orders.json").write_text(broken)
        assert box.state.orders() is None
        assert cameras(box.restarted().standing) == ["gate"]
    (folder / "last-good.json").write_bytes(b"\xff")
    assert cameras(box.restarted().standing) == ["own"]


def test_a_model_is_used_when_its_bytes_are_here_and_right(box: Box) -> None:
    data = box.model.with_suffix(".onnx").read_bytes()
    manifest = box.model.read_text()
    model = OrderedModel(
        name="tiny", manifest=manifest, sha256=hashlib.sha256(data).hexdigest(), bytes=len(data)
    )
    wanted = box.configuration(1, model="tiny")
    assert box.obey(configuration=wanted, models=(model,)) is None
    refused = box.state.outcome().refused
    assert refused is not None
    assert "fetched" in refused.reason
    part = box.state.part_of(model)
    for wrong in (data[:-1], data[:-1] + b"x"):
        part.write_bytes(wrong)
        with pytest.raises(ModelTampered):
            box.state.keep_model(model)
        assert not part.exists()
    part.write_bytes(data)
    box.state.keep_model(model)
    box.state.touch()
    assert box.steering.look()
    box.steering.change()
    settings = box.trials[-1].settings
    assert settings.model == str(box.state.manifest_of(model))
    box.trials[-1].over = True
    assert box.steering.change() is not None


def test_the_own_file_is_enough_for_ever(tmp_path: Path) -> None:
    own: Loaded = Box(tmp_path).own
    steering = Steering(own, LinkState(tmp_path / "empty"), Trial, {})
    assert [standing.loaded for standing in steering.begin()] == [own]
    assert not steering.look()
    assert steering.change() is None
    steering.settled(halted=False)
    assert not (tmp_path / "empty").exists()
