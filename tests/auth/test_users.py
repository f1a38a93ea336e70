"""Users, roles and their boundary: the sites."""

from datetime import timedelta

import pytest

from siaga.access import Permission, Role, Scope
from siaga.auth.directory import NeedsEverySite
from siaga.auth.views import Held
from siaga.core.errors import BadRequest, Conflict, NotFound, Unauthorised
from tests.auth.conftest import HOME, PASSWORD, World

NORTH = Scope(frozenset({"north"}))
ALL = Scope.everything()


def test_the_owners_link_works_once_and_only_while_nobody_is_there(world: World) -> None:
    links = world.people.links
    for token in (links.for_owner(), "anything"):
        with pytest.raises(Unauthorised, match="link"):
            links.set_owner(token, "second", "Second", PASSWORD)
    assert [user.login for user in world.people.directory.users(ALL)] == ["owner@site.example"]
    assert world.owner.scope(Permission.MANAGE_USERS) == ALL


def test_an_owners_link_ends_with_the_next_one_and_after_a_day(world: World) -> None:
    links = world.people.links
    first, second = links.for_owner(), links.for_owner()
    assert links.kind(first) is None
    assert links.kind(second) is not None
    world.clock.advance(86400.0)
    assert links.kind(second) is None


def test_roles_are_held_where_they_were_given_and_until_when(world: World) -> None:
    until = world.clock.utc() + timedelta(days=7)
    who = world.add(
        "inspector",
        Held(role=Role.INSPECTOR, site="north", until=until),
        Held(role=Role.VIEWER, site="south"),
    )
    assert who.scope(Permission.EXPORT) == NORTH
    assert who.scope(Permission.READ_EVENTS) == Scope(frozenset({"north", "south"}))
    world.clock.advance(7 * 86400.0)
    later = world.entered(world.people.directory.users(NORTH)[0].id)
    assert not later.may(Permission.EXPORT)
    assert later.scope(Permission.READ_EVENTS) == Scope(frozenset({"south"}))


def test_roles_change_at_the_next_request(world: World) -> None:
    who = world.add("mai", Held(role=Role.REVIEWER, site="north"))
    signed_in = world.people.sign_in.by_password("mai", PASSWORD, None, HOME)
    user = world.people.directory.by_login("Mai")
    assert user is not None
    assert str(user.id) == who.id
    world.people.directory.set_roles(world.owner, ALL, user.id, (Held(role=Role.VIEWER, site="north"),))
    now = world.people.sessions.principal(signed_in.secret)
    assert now is not None
    assert not now.may(Permission.REVIEW)
    assert "user.roles" in world.actions()


def test_who_manages_one_site_sees_and_changes_nothing_else(world: World) -> None:
    boss = world.add("boss", Held(role=Role.ADMIN, site="north"))
    here = world.add("here", Held(role=Role.VIEWER, site="north"))
    both = world.add("both", Held(role=Role.VIEWER, site="north"), Held(role=Role.ADMIN, site="south"))
    other = world.add("other", Held(role=Role.VIEWER, site="south"))
    directory = world.people.directory
    ids = {name: directory.by_login(name).id for name in ("here", "both", "other")}  # type: ignore[union-attr]
    assert {here.id, both.id, other.id} == {str(value) for value in ids.values()}
    assert [user.login for user in directory.users(NORTH)] == ["boss", "both", "here"]
    for act in (directory.user, directory.manageable):
        with pytest.raises(NotFound):
            act(NORTH, ids["other"])
    with pytest.raises(NotFound):
        directory.set_roles(boss, NORTH, ids["other"], ())
    with pytest.raises(NotFound):
        directory.set_roles(boss, NORTH, ids["here"], (Held(role=Role.ADMIN, site="south"),))
    with pytest.raises(NeedsEverySite):
        directory.set_roles(boss, NORTH, ids["here"], (Held(role=Role.ADMIN),))
    for what in (
        lambda: directory.change(boss, NORTH, ids["both"], name="x", disabled=None),
        lambda: directory.remove(boss, NORTH, ids["both"]),
        lambda: directory.reset_second_factor(boss, NORTH, ids["both"]),
        lambda: directory.manageable(NORTH, ids["both"]),
    ):
        with pytest.raises(NeedsEverySite):
            what()
    directory.set_roles(boss, NORTH, ids["both"], (Held(role=Role.REVIEWER, site="north"),))
    assert {(entry.role, entry.site) for entry in directory.user(ALL, ids["both"]).roles} == {
        (Role.REVIEWER, "north"),
        (Role.ADMIN, "south"),
    }


def test_somebody_always_manages_everything(world: World) -> None:
    directory = world.people.directory
    owner = directory.users(ALL)[0].id
    for act in (
        lambda: directory.set_roles(world.owner, ALL, owner, ()),
        lambda: directory.change(world.owner, ALL, owner, name=None, disabled=True),
        lambda: directory.remove(world.owner, ALL, owner),
    ):
        with pytest.raises(Conflict, match="Nobody would be left"):
            act()
    world.add("second", Held(role=Role.ADMIN))
    directory.set_roles(world.owner, ALL, owner, ())


def test_names_to_sign_in_with_are_nobodys_twice_and_a_user_is_no_device(world: World) -> None:
    directory = world.people.directory
    with pytest.raises(Conflict, match="signs in with this name"):
        directory.add(world.owner, ALL, "OWNER@site.example", "Other", ())
    with pytest.raises(BadRequest, match="no device"):
        directory.add(world.owner, ALL, "box", "Box", (Held(role=Role.DEVICE),))


def test_a_disabled_or_removed_user_is_out_at_once(world: World) -> None:
    directory, sign_in = world.people.directory, world.people.sign_in
    world.add("mai", Held(role=Role.VIEWER))
    user_id = directory.by_login("mai").id  # type: ignore[union-attr]
    made = world.people.tokens.make(world.entered(user_id), "script", (), timedelta(days=1))
    before = sign_in.by_password("mai", PASSWORD, None, HOME)
    link = world.people.links.for_user(world.owner, directory.user(ALL, user_id))
    directory.change(world.owner, ALL, user_id, name="Mai Anh", disabled=True)
    assert world.people.sessions.principal(before.secret) is None
    assert world.people.tokens.principal(made.secret) is None
    with pytest.raises(Unauthorised):
        sign_in.by_password("mai", PASSWORD, None, HOME)
    with pytest.raises(Unauthorised):
        world.people.links.set_password(link, PASSWORD)
    directory.change(world.owner, ALL, user_id, name=None, disabled=False)
    sign_in.by_password("mai", PASSWORD, None, HOME)
    directory.remove(world.owner, ALL, user_id)
    with pytest.raises(Unauthorised):
        sign_in.by_password("mai", PASSWORD, None, HOME)
    assert world.people.tokens.principal(made.secret) is None
    assert world.audit.check().seq == len(world.actions())


def test_the_demos_user_is_gone_where_it_is_no_demo(world: World) -> None:
    links = world.people.links
    token = links.for_demo()
    who = world.entered(links.enter_demo(token))
    assert who.scope(Permission.MANAGE_USERS) == ALL
    with pytest.raises(Unauthorised):
        links.enter_demo(token)
    links.end_demo()
    assert world.people.directory.by_login("demo") is None
    assert world.people.sessions.listed(who) == ()


def test_sites_are_those_named_and_those_heard_of(world: World) -> None:
    sites = world.people.sites
    sites.put(world.owner, ALL, "north", "North Tower", "Asia/Singapore")
    world.people.devices.make_code(world.owner, ALL, "south", "gate box")
    assert [(site.site, site.title) for site in sites.listed(ALL)] == [
        ("north", "North Tower"),
        ("south", "south"),
    ]
    assert [site.site for site in sites.listed(NORTH)] == ["north"]
    for act in (
        lambda: sites.site(NORTH, "south"),
        lambda: sites.put(world.owner, NORTH, "south", "mine", "UTC"),
    ):
        with pytest.raises(NotFound):
            act()
    with pytest.raises(BadRequest, match="time zone"):
        sites.put(world.owner, ALL, "north", "North Tower", "Mars/Olympus")
