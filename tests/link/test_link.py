"""What the service keeps of the link: versions, orders, the kill switch, heartbeats, models, previews."""

from __future__ import annotations

import hashlib

import pytest

from siaga.access import Scope
from siaga.core.errors import ConfigError, Conflict, Forbidden, NotFound
from siaga.core.link import (
    Forged,
    Orders,
    Outcome,
    PreviewRequest,
    Refusal,
    Report,
    seal,
    unseal,
)
from siaga.link.errors import Unusable
from siaga.proof.key import ServiceKey
from tests.link.conftest import KEY, NOON, Notes, Parts, box, manager

ELSEWHERE = Scope(frozenset({"south"}))


def text(zone: str = "pit", site: str = "north", more: str = "") -> str:
    return (
        f"site: {{name: {site}}}\n{more}"
        "cameras:\n  gate:\n    ffmpeg: {inputs: [{path: 'rtsp://{CAM_USER}:{CAM_PASSWORD}@camera/1'}]}\n"
        f"    zones: {{{zone}: {{coordinates: '0,0,1,0,1,1', exclusion: true}}}}\n"
    )


def ordered(link: Parts, known: int = 0, device_id: str = "box-1") -> Orders:
    signed = link.orders.newer(box(device_id=device_id), "north", device_id, known)
    assert signed is not None
    return unseal(signed, KEY.public_key, Orders)


def report(**fields: object) -> Report:
    return Report.model_validate({"site": "north", "device_id": "box-1", "software": "0.1.0"} | fields)


def test_the_newest_version_holds_and_an_old_one_comes_back_as_a_new_one(link: Parts, notes: Notes) -> None:
    assert link.orders.newer(box(), "north", "box-1", 0) is None
    link.configurations.put(manager(), "north", text("pit"), note="first")
    first = ordered(link)
    assert link.orders.newer(box(), "north", "box-1", first.number) is None
    link.configurations.put(manager(1), "north", text("crane"), based_on=1)
    second = ordered(link, first.number)
    assert second.configuration is not None
    assert (second.configuration.version, "crane" in second.configuration.text) == (2, True)
    back = link.configurations.roll_back(manager(2), "north", 1)
    assert (back.version, back.copy_of, back.text, back.note) == (3, 1, text("pit"), "first")
    third = ordered(link, second.number)
    assert first.number < second.number < third.number
    history = link.configurations.history(manager(), "north", limit=2)
    assert [item.version for item in history.items] == [3, 2]
    older = link.configurations.history(manager(), "north", cursor=history.next_cursor)
    assert [(item.version, item.created_by) for item in older.items] == [(1, "Mai")]
    assert notes.said == ["configuration.put", "configuration.put", "configuration.roll_back"]


def test_two_writers_do_not_undo_each_other(link: Parts) -> None:
    link.configurations.put(manager(), "north", text("pit"), based_on=0)
    with pytest.raises(Conflict, match="version 1"):
        link.configurations.put(manager(), "north", text("crane"), based_on=0)
    assert link.orders.view(manager(), "north").configuration == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("cameras: {}", "cameras"),
        (text(more="state_dir: /tmp\n"), "state_dir"),
        (text(more="deliver: {url: 'https://elsewhere.example'}\n"), "deliver"),
        (text(site="south"), "south"),
        (text().replace("{CAM_PASSWORD}", "hunter22"), "written out"),
        (text(more="mqtt: {enabled: true, password: hunter22}\n"), "written out"),
        (text().replace("exclusion", "exclusoin"), "exclusion"),
    ],
)
def test_what_cannot_hold_is_refused_and_changes_nothing(link: Parts, wrong: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as refused:
        link.configurations.put(manager(), "north", wrong)
    assert "hunter22" not in str(refused.value)
    assert link.orders.numbers() == {}


def test_a_box_may_have_a_configuration_of_its_own(link: Parts) -> None:
    link.configurations.put(manager(), "north", text("pit"))
    link.configurations.put(manager(), "north", text("crane"), box="box-2")
    shared, own = ordered(link).configuration, ordered(link, device_id="box-2").configuration
    assert shared is not None
    assert own is not None
    assert ("pit" in shared.text, "crane" in own.text, own.version) == (True, True, 1)
    assert link.orders.view(manager(), "north").own_configurations == {"box-2": 1}


def test_the_kill_switch_holds_until_it_is_lifted(link: Parts, notes: Notes) -> None:
    link.orders.halt(manager(), "north", "asked for")
    halted = ordered(link)
    assert halted.halt is not None
    assert (halted.halt.since, halted.halt.reason) == (NOON, "asked for")
    again = link.orders.halt(manager(5), "north", "again")
    assert again.halt is not None
    assert (again.halt.since, again.halt.reason, again.number) == (NOON, "asked for", halted.number)
    lifted = link.orders.lift(manager(6), "north")
    assert (lifted.halt, lifted.number > halted.number) == (None, True)
    assert ordered(link).halt is None
    with pytest.raises(Conflict, match="not halted"):
        link.orders.lift(manager(7), "north")
    assert notes.said == ["halt.set", "halt.set", "halt.lift"]


def test_numbers_grow_over_a_restored_backup_and_a_clock_that_goes_back(link: Parts) -> None:
    late = link.orders.halt(manager(60), "north", "x").number
    assert late >= NOON.timestamp() * 1000
    assert link.orders.lift(manager(-60), "north").number == late + 1


def test_sites_are_a_boundary(link: Parts) -> None:
    link.configurations.put(manager(), "north", text())
    foreign, other = manager(scope=ELSEWHERE), box(scope=ELSEWHERE)
    asked = [
        lambda: link.configurations.put(foreign, "north", text()),
        lambda: link.configurations.roll_back(foreign, "north", 1),
        lambda: link.configurations.get(foreign, "north", 1),
        lambda: link.configurations.history(foreign, "north"),
        lambda: link.orders.view(foreign, "north"),
        lambda: link.orders.halt(foreign, "north", "x"),
        lambda: link.orders.lift(foreign, "north"),
        lambda: link.boxes.page(foreign, "north"),
        lambda: link.models.page(foreign, "north"),
        lambda: link.models.assign(foreign, "north", ""),
        lambda: link.models.withdraw(foreign, "north", "x"),
        lambda: link.previews.start(foreign, "north", "gate", 5),
        lambda: link.orders.newer(other, "north", "box-1", 0),
        lambda: link.boxes.heard(other, report()),
        lambda: link.previews.running(other, "north"),
    ]
    for ask in asked:
        with pytest.raises(NotFound):
            ask()
    with pytest.raises(Forbidden):
        link.boxes.heard(box(device_id="box-2"), report())


def test_what_a_box_does_is_shown_and_noted(link: Parts, notes: Notes) -> None:
    link.configurations.put(manager(), "north", text())
    number = ordered(link).number
    link.boxes.heard(box(), report(cameras={"gate": {"connected": True, "fps": 4.9}}))
    (waiting,) = link.boxes.page(manager(), "north").items
    assert (waiting.standing, waiting.cameras["gate"].fps) == ("waiting", 4.9)
    refused = Refusal(version=1, reason="model: no such model")
    link.boxes.heard(box(1), report(outcome=Outcome(number=number, refused=refused)))
    link.boxes.heard(box(2), report(outcome=Outcome(number=number, refused=refused)))
    (shown,) = link.boxes.page(manager(2), "north").items
    assert (shown.standing, shown.refusal) == ("refused", refused)
    link.boxes.heard(box(3), report(outcome=Outcome(number=number, configuration=1, halted=True)))
    (shown,) = link.boxes.page(manager(3), "north").items
    assert (shown.standing, shown.configuration, shown.halted) == ("current", 1, True)
    assert link.boxes.page(manager(60), "north").items[0].standing == "unreachable"
    assert notes.said[1:] == ["configuration.refused", "halt.obeyed", "configuration.applied"]


def test_a_model_is_taken_whole_and_given_in_ranges_to_its_sites_only(link: Parts) -> None:
    data = bytes(range(256)) * 6000
    sha256 = hashlib.sha256(data).hexdigest()
    manifest = f"name: tiny\nsha256: {sha256}\nbytes: {len(data)}\n"
    with pytest.raises(Unusable, match="not here"):
        link.models.assign(manager(), "north", manifest)
    with pytest.raises(Unusable, match="sha256"):
        link.models.add_file(manager(), sha256, iter([data[:-1]]))
    chunks = [data[:7], data[7:1_200_000], data[1_200_000:]]
    assert link.models.add_file(manager(), sha256, iter(chunks)) == len(data)
    with pytest.raises(NotFound):
        link.models.size(box(), sha256)
    link.models.assign(manager(), "north", manifest)
    assert link.models.size(box(), sha256) == len(data)
    for offset, length in ((0, 9), (1, 1 << 20), (1 << 20, 1 << 20), (1_100_000, 9), (len(data), 9)):
        assert b"".join(link.models.read(sha256, offset, length)) == data[offset : offset + length]
    (model,) = ordered(link).models
    assert (model.name, model.sha256, model.manifest) == ("tiny", sha256, manifest)
    with pytest.raises(NotFound):
        link.models.size(box(scope=ELSEWHERE), sha256)
    link.models.withdraw(manager(), "north", "tiny")
    assert ordered(link, model.bytes).models == ()


def test_a_preview_ends_by_itself_and_leaves_no_picture(link: Parts, notes: Notes) -> None:
    before = link.orders.numbers().get("north", 0)
    preview = link.previews.start(manager(), "north", "gate", 60)
    assert link.orders.numbers()["north"] > before
    (signed,) = link.previews.running(box(), "north")
    asked = unseal(signed, KEY.public_key, PreviewRequest)
    assert (asked.id, asked.camera, asked.seconds) == (preview.id, "gate", 60)
    assert link.previews.frame(manager(), preview.id) is None
    link.previews.take(box(0.5), preview.id, b"\xff\xd8\xff1")
    shown = link.previews.frame(manager(0.6), preview.id)
    assert shown is not None
    assert shown.data == b"\xff\xd8\xff1"
    with pytest.raises(Unusable):
        link.previews.take(box(0.5), preview.id, b"<html>")
    for who in (manager(scope=ELSEWHERE), manager(1.1)):
        with pytest.raises(NotFound):
            link.previews.frame(who, preview.id)
    with pytest.raises(NotFound):
        link.previews.take(box(1.1), preview.id, b"\xff\xd8\xff2")
    assert link.previews.running(box(1.1), "north") == ()
    assert notes.said == ["preview.start", "preview.view", "preview.view"]


def test_only_the_pinned_key_and_only_what_it_signed_counts() -> None:
    orders = Orders(site="north", device_id="box-1", number=1, issued_at=NOON)
    signed = seal(orders, KEY)
    assert unseal(signed, KEY.public_key, Orders) == orders
    other = ServiceKey.from_seed(bytes(32))
    wrong = [
        (seal(orders, other), KEY.public_key),
        (signed.model_copy(update={"signature": seal(orders, other).signature}), KEY.public_key),
        (signed.model_copy(update={"payload": signed.payload.replace("north", "south")}), KEY.public_key),
    ]
    for forged, pinned in wrong:
        with pytest.raises(Forged):
            unseal(forged, pinned, Orders)
    with pytest.raises(Forged, match="understood"):
        unseal(signed, KEY.public_key, PreviewRequest)
