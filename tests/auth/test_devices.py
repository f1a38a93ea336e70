"""Devices: a code works once and not for long, a token for one site, a record with its own signature."""

from uuid import uuid4

import pytest
from sqlalchemy import select

from siaga.access import Permission, Principal, Role, Scope
from siaga.auth.devices import Enrolled, WrongSignature
from siaga.core.errors import Conflict, Forbidden, NotFound, Unauthorised
from siaga.core.signature import enrolment_hash, plain_code
from siaga.db.tables.people import enrolled_devices, enrolment_codes, record_signatures
from siaga.deliver.device import DeviceKey
from tests.auth.conftest import World

NORTH, SOUTH = Scope(frozenset({"north"})), Scope(frozenset({"south"}))
KEY, OTHER = DeviceKey.from_seed(b"1" * 32), DeviceKey.from_seed(b"2" * 32)


def _code(world: World, site: str = "north") -> str:
    return world.people.devices.make_code(world.owner, Scope.everything(), site, "gate box").code


def _enrol(world: World, code: str, key: DeviceKey = KEY, signer: DeviceKey | None = None) -> Enrolled:
    proof = (signer or key).sign(enrolment_hash(code, key.public_key))
    return world.people.devices.enrol(code, key.public_key, proof)


def test_a_code_takes_in_one_device_of_its_site(world: World) -> None:
    code = _code(world)
    enrolled = _enrol(world, code.lower().replace("0", "o").replace("1", "l"))
    assert (enrolled.device_id, enrolled.site) == (KEY.device_id, "north")
    who = world.people.devices.principal(enrolled.token)
    assert who == Principal(KEY.device_id, "gate box", {Role.DEVICE: NORTH}, device_id=KEY.device_id)
    assert who.scope(Permission.INGEST) == NORTH
    assert not who.may(Permission.READ_EVENTS)
    with pytest.raises(Unauthorised, match="code does not work"):
        _enrol(world, code, OTHER)
    assert world.actions()[-2:] == ["device.code", "device.enrol"]


def test_a_code_lives_for_half_an_hour_and_may_be_taken_back(world: World) -> None:
    devices = world.people.devices
    late, dropped = _code(world), _code(world)
    newest = devices.codes(NORTH)[0]
    assert devices.codes(SOUTH) == ()
    with pytest.raises(NotFound):
        devices.drop_code(world.owner, SOUTH, newest.id)
    for code in devices.codes(NORTH):
        devices.drop_code(world.owner, NORTH, code.id)
    for code in (late, dropped, "made up"):
        with pytest.raises(Unauthorised):
            _enrol(world, code)
    late = _code(world)
    world.clock.advance(1800)
    with pytest.raises(Unauthorised):
        _enrol(world, late)


def test_a_device_shows_that_the_key_is_its_own(world: World) -> None:
    code = _code(world)
    with pytest.raises(Unauthorised, match="own"):
        _enrol(world, code, KEY, signer=OTHER)
    with pytest.raises(Unauthorised, match="own"):
        world.people.devices.enrol(code, "zz", "zz")
    assert _enrol(world, code)


def test_a_device_belongs_to_one_site_until_it_is_revoked(world: World) -> None:
    devices = world.people.devices
    first = _enrol(world, _code(world, "north"))
    with pytest.raises(Conflict, match="another site"):
        _enrol(world, _code(world, "south"))
    again = _enrol(world, _code(world, "north"))
    assert devices.principal(first.token) is None
    assert devices.principal(again.token) is not None
    for act in (
        lambda: devices.device(SOUTH, KEY.device_id),
        lambda: devices.revoke(world.owner, SOUTH, KEY.device_id),
    ):
        with pytest.raises(NotFound):
            act()
    devices.revoke(world.owner, NORTH, KEY.device_id)
    assert devices.principal(again.token) is None
    assert devices.device(NORTH, KEY.device_id).revoked_at == world.clock.utc()
    with pytest.raises(NotFound):
        devices.revoke(world.owner, NORTH, KEY.device_id)
    assert _enrol(world, _code(world, "south")).site == "south"


def test_only_hashes_of_codes_and_tokens_are_kept(world: World) -> None:
    code = _code(world)
    enrolled = _enrol(world, code)
    with world.database.reading() as connection:
        kept = str([connection.execute(select(t)).all() for t in (enrolment_codes, enrolled_devices)])
    assert plain_code(code) not in kept
    assert enrolled.token not in kept
    assert enrolled.token not in repr(enrolled)


def test_a_record_is_taken_in_the_senders_name_and_with_its_signature_only(world: World) -> None:
    devices = world.people.devices
    who = devices.principal(_enrol(world, _code(world)).token)
    assert who is not None
    record_id, digest = uuid4(), "ab" * 32
    with pytest.raises(Forbidden, match="own name"):
        devices.check_record(who, OTHER.device_id, record_id, digest, OTHER.sign(digest))
    for signature in (OTHER.sign(digest), KEY.sign("cd" * 32), "00" * 64):
        with pytest.raises(WrongSignature):
            devices.check_record(who, KEY.device_id, record_id, digest, signature)
    for _ in range(2):
        devices.check_record(who, KEY.device_id, record_id, digest, KEY.sign(digest))
    shared = Principal("device", "device", {Role.DEVICE: Scope.everything()})
    devices.check_record(shared, OTHER.device_id, uuid4(), digest, "00" * 64)
    with world.database.reading() as connection:
        kept = connection.execute(select(record_signatures)).all()
    assert [(row.record_id, row.public_key) for row in kept] == [(record_id, KEY.public_key)]


def test_a_code_is_for_a_site_of_the_caller(world: World) -> None:
    with pytest.raises(NotFound):
        world.people.devices.make_code(world.owner, NORTH, "south", "box")
