"""A box's line to a real service, and to one that lies: heartbeat, orders, models, previews."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from siaga.core.clock import SystemClock
from siaga.core.errors import DeliveryUnavailable, ModelTampered
from siaga.core.link import Answer, Forged, OrderedModel, Orders, Replayed, seal
from siaga.core.settings import Settings
from siaga.core.settings.load import parse_settings
from siaga.deliver.link_state import LinkState
from siaga.deliver.pace import Backoff
from siaga.deliver.service import ServiceFailed
from siaga.edge.line import Line
from siaga.edge.preview import PreviewAsked, picture_file
from tests.edge.test_steering import Key
from tests.support.service import Running, running_service

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
DATA = bytes(range(256)) * 3000
SHA256 = hashlib.sha256(DATA).hexdigest()
MANIFEST = f"name: tiny\nfile: tiny.onnx\nsha256: {SHA256}\nbytes: {len(DATA)}\n"
TEXT = "site: {name: north}\ncameras: {gate: {ffmpeg: {inputs: [{path: 'rtsp://camera/1'}]}}}\n"
JPEG = b"\xff\xd8\xff a covered picture"


def settings(folder: Path, url: str, token_file: Path | None = None) -> Settings:
    token = f"token_file: {token_file}, " if token_file else ""
    return parse_settings(
        f"site: {{name: north}}\nstate_dir: {folder / 'edge'}\n"
        f"deliver: {{url: '{url}', {token}link: {{enabled: true}}}}\n"
        "cameras: {own: {ffmpeg: {inputs: [{path: 'file:own.mp4'}]}}}\n"
    ).settings


def line_of(wanted: Settings, client: httpx.Client, runtime: Path) -> Line:
    runtime.mkdir(exist_ok=True)
    return Line(client, wanted, "box-1", runtime, SystemClock(), wait_s=0)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service whose data folder is ``service`` in the module's own folder."""
    with running_service(tmp_path_factory.mktemp("line") / "service") as running:
        yield running


@pytest.fixture
def token_file(tmp_path: Path, service: Running) -> Path:
    path = tmp_path / "device.token"
    path.write_text(service.device_token)
    return path


def test_orders_come_down_and_health_goes_up(tmp_path: Path, service: Running, token_file: Path) -> None:
    put = service.viewer.put("/api/v1/sites/north/configuration", json={"text": TEXT})
    assert put.status_code == 201, put.text
    wrong = service.viewer.put("/api/v1/sites/north/configuration", json={"text": TEXT + "x: 1\n"})
    assert (wrong.status_code, "unknown key" in wrong.json()["detail"]) == (422, True)
    assert wrong.headers["Content-Type"] == "application/problem+json"
    wanted = settings(tmp_path, service.url, token_file)
    camera = {"analysed": 5, "age_p95_ms": 40.0, "picture_age_s": 0.2, "conditions": ["dark"]}
    camera |= {"state": {"connected": True, "connects": 3, "errors": 2, "error": "", "keyframe_age_s": 1.5}}
    with httpx.Client() as client:
        line = line_of(wanted, client, tmp_path / "run")
        for at, analysed in ((10.0, 5), (12.0, 15)):
            told = {"at": at, "cameras": {"gate": camera | {"analysed": analysed}}}
            (tmp_path / "run" / "engine0.json").write_text(json.dumps(told))
            line.step()
    orders = LinkState(wanted.state_dir).orders()
    assert orders is not None
    assert orders.configuration is not None
    assert orders.configuration.text == TEXT
    (box,) = service.viewer.get("/api/v1/sites/north/boxes").json()["items"]
    assert (box["device_id"], box["standing"]) == ("box-1", "waiting")
    gate = box["cameras"]["gate"]
    assert (gate["fps"], gate["reconnects"], gate["errors"], gate["conditions"]) == (5.0, 2, 2, ["dark"])
    assert (gate["picture_age_s"], gate["keyframe_age_s"]) == (0.2, 1.5)


def test_a_model_comes_in_pieces(tmp_path: Path, service: Running, token_file: Path) -> None:
    assert service.viewer.put(f"/api/v1/models/{SHA256}", content=DATA).status_code == 204
    assert service.viewer.put(f"/api/v1/models/{'a' * 64}", content=DATA).status_code == 422
    assigned = service.viewer.post("/api/v1/sites/north/models", json={"manifest": MANIFEST})
    assert assigned.status_code == 201, assigned.text
    wanted = settings(tmp_path, service.url, token_file)
    state = LinkState(wanted.state_dir)
    with httpx.Client() as client:
        line = line_of(wanted, client, tmp_path / "run")
        line.step()
        orders = state.orders()
        assert orders is not None
        (model,) = orders.models
        assert 0 < state.part_of(model).stat().st_size < len(DATA)
        line = line_of(wanted, client, tmp_path / "run")
        line.step()
        line.step()
        line.step()
    manifest = state.manifest_of(model)
    assert manifest is not None
    assert (manifest.parent / "tiny.onnx").read_bytes() == DATA


def test_a_preview_shows_what_the_engine_made_and_ends(
    tmp_path: Path, service: Running, token_file: Path
) -> None:
    asked = service.viewer.post("/api/v1/sites/north/previews", json={"camera": "gate", "seconds": 60})
    address = f"/api/v1/previews/{asked.json()['id']}"
    engine = PreviewAsked(tmp_path / "run" / "preview.json", SystemClock())
    with httpx.Client() as client:
        line = line_of(settings(tmp_path, service.url, token_file), client, tmp_path / "run")
        line.step()
        engine.refresh()
        assert (engine.wants("gate"), engine.wants("yard")) == (True, False)
        assert service.viewer.get(f"{address}/frame").status_code == 204
        picture_file(tmp_path / "run", "gate").write_bytes(JPEG)
        line.step()
        frame = service.viewer.get(f"{address}/frame")
        assert (frame.content, frame.headers["Content-Type"]) == (JPEG, "image/jpeg")
        assert service.viewer.delete(address).status_code == 204
        line.step()
        engine.refresh()
        assert not engine.wants("gate")
        assert not picture_file(tmp_path / "run", "gate").exists()
        assert service.viewer.get(f"{address}/frame").status_code == 404


def orders(number: int, *models: OrderedModel, device_id: str = "box-1") -> Orders:
    return Orders(site="north", device_id=device_id, number=number, issued_at=NOON, models=models)


def lying(tmp_path: Path, answer: Callable[[httpx.Request], httpx.Response]) -> tuple[Line, LinkState]:
    """A line to something that only says it is a service."""
    wanted = settings(tmp_path, "http://service")
    client = httpx.Client(transport=httpx.MockTransport(answer))
    return line_of(wanted, client, tmp_path / "run"), LinkState(wanted.state_dir)


def said(told: Orders | None, key: Key | None = None, shown: Key | None = None) -> httpx.Response:
    signed = seal(told, key or Key()) if told else None
    answer = Answer(service_key=(shown or key or Key()).public_key, orders=signed)
    return httpx.Response(200, content=answer.model_dump_json())


def steps(line: Line) -> None:
    """More than a model needs."""
    for _ in range(9):
        line.step()


def test_only_the_first_key_counts_and_numbers_only_grow(tmp_path: Path) -> None:
    answers = [
        (said(orders(5)), None),
        (said(orders(6), Key(2)), Forged),
        (said(orders(6), Key(2), shown=Key()), Forged),
        (said(orders(5)), Replayed),
        (said(orders(4)), Replayed),
        (said(orders(6, device_id="box-2")), Replayed),
        (httpx.Response(200, content=b"<html>"), ServiceFailed),
        (httpx.Response(200, json={"orders": {"payload": "x"}}), ServiceFailed),
        (httpx.Response(500), ServiceFailed),
        (httpx.Response(503), DeliveryUnavailable),
        (httpx.Response(302, headers={"Location": "http://elsewhere"}), DeliveryUnavailable),
        (said(None), None),
        (said(orders(6)), None),
    ]
    coming = iter([answer for answer, _ in answers])
    line, state = lying(tmp_path, lambda _: next(coming))
    for _, error in answers:
        if error is None:
            line.step()
        else:
            with pytest.raises(error):
                line.step()
    kept = state.orders()
    assert kept is not None
    assert (kept.number, state.key()) == (6, Key().public_key)


def test_a_model_that_is_cut_short_goes_on_and_a_wrong_one_is_removed(tmp_path: Path) -> None:
    model = OrderedModel(name="tiny", manifest=MANIFEST, sha256=SHA256, bytes=len(DATA))
    asked: list[str] = []
    wrong = [False]

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/v1/link":
            return said(None if asked or wrong[0] else orders(1, model))
        asked.append(request.headers["Range"])
        first, last = (int(part) for part in request.headers["Range"].removeprefix("bytes=").split("-"))
        piece = DATA[first : last + 1]
        if len(asked) == 1:
            return httpx.Response(206, content=piece[:1000])
        if len(asked) == 2:
            raise httpx.ReadError("cut")
        return httpx.Response(206, content=piece if not wrong[0] else b"x" * len(piece))

    line, state = lying(tmp_path, answer)
    line.step()
    with pytest.raises(DeliveryUnavailable):
        line.step()
    wrong[0] = True
    with pytest.raises(ModelTampered):
        steps(line)
    assert state.manifest_of(model) is None
    assert not state.part_of(model).exists()
    wrong[0] = False
    steps(line)
    assert state.manifest_of(model) is not None
    assert asked[1].startswith("bytes=1000-")


def test_nothing_that_comes_over_the_line_ends_it(tmp_path: Path) -> None:
    calls = [0]

    def answer(_: httpx.Request) -> httpx.Response:
        calls[0] += 1
        if calls[0] == 1:
            raise RuntimeError("nobody thought of this")
        return said(orders(calls[0])) if calls[0] == 3 else httpx.Response(200, content=b"\x00")

    line, state = lying(tmp_path, answer)
    line.run(lambda: calls[0] >= 4, Backoff(first=0.0, longest=0.0))
    assert calls[0] == 4
    assert state.orders() is not None
