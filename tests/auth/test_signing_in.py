"""Passwords, sessions, the second factor, tokens."""

from datetime import timedelta
from uuid import UUID

import pyotp
import pytest
from sqlalchemy import select

from siaga.access import Permission, Role, Scope
from siaga.auth.limiter import RateLimited
from siaga.auth.passwords import Passwords
from siaga.auth.secrets import Vault
from siaga.auth.sessions import IDLE, LIFE, Browser
from siaga.auth.signin import CodeNeeded
from siaga.auth.views import Held
from siaga.core.errors import BadRequest, Conflict, NotFound, StorageError, Unauthorised
from siaga.db.tables.people import api_tokens, recovery_codes, user_sessions, users
from tests.auth.conftest import HOME, PASSWORD, World


@pytest.mark.parametrize(
    "password",
    [
        "short-1!",
        "password1234",
        "passwordpassword",
        "123456789012",
        "qwertyuiop[]",
        "Siaga Siaga Siaga",
        "aaaaaaaaaaaaaaaa",
        "owner@site.example",
        "x" * 257,
    ],
)
def test_passwords_that_are_guessed_first_are_refused(world: World, password: str) -> None:
    with pytest.raises(BadRequest):
        world.people.sign_in.change_password(world.owner, PASSWORD, password)


def test_passwords_are_checked_as_they_are() -> None:
    passwords = Passwords()
    kept = passwords.hash("  Tarmac lantern GIBBON ünter " + "x" * 100)
    assert kept.startswith("$argon2id$")
    assert passwords.is_right(kept, "  Tarmac lantern GIBBON ünter " + "x" * 100)
    assert not passwords.is_right(kept, "tarmac lantern gibbon ünter " + "x" * 100)
    assert not passwords.is_right(kept, "  Tarmac lantern GIBBON ünter " + "x" * 99)
    assert not passwords.is_right(None, PASSWORD)


def test_wrong_name_wrong_password_and_no_account_sound_the_same(world: World) -> None:
    said = set()
    for login, password in (("owner@site.example", "wrong"), ("nobody", PASSWORD), ("", "")):
        with pytest.raises(Unauthorised) as refused:
            world.people.sign_in.by_password(login, password, None, HOME)
        said.add(str(refused.value))
    assert len(said) == 1
    assert world.people.sign_in.by_password("OWNER@site.example", PASSWORD, None, HOME)


def test_an_unknown_name_costs_a_password_check_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str | None] = []
    real = Passwords.is_right
    monkeypatch.setattr(
        Passwords, "is_right", lambda self, kept, given: checked.append(kept) or real(self, kept, given)
    )
    with pytest.raises(Unauthorised):
        world.people.sign_in.by_password("nobody", PASSWORD, None, HOME)
    assert checked == [None]


def test_a_guesser_is_stopped_before_the_password_is_looked_at(world: World) -> None:
    sign_in, guesser = world.people.sign_in, Browser("", "198.51.100.9")
    for _ in range(10):
        with pytest.raises(Unauthorised):
            sign_in.by_password("owner@site.example", "wrong wrong wrong", None, guesser)
    with pytest.raises(RateLimited):
        sign_in.by_password("owner@site.example", PASSWORD, None, guesser)
    assert sign_in.by_password("owner@site.example", PASSWORD, None, HOME)
    world.clock.advance(601)
    assert sign_in.by_password("owner@site.example", PASSWORD, None, guesser)


def test_many_addresses_do_not_lock_the_owner_out(world: World) -> None:
    sign_in = world.people.sign_in
    for number in range(100):
        with pytest.raises(Unauthorised):
            sign_in.by_password("owner@site.example", "wrong", None, Browser("", f"198.51.100.{number}"))
    with pytest.raises(RateLimited):
        sign_in.by_password("owner@site.example", PASSWORD, None, Browser("", "203.0.113.1"))
    assert sign_in.by_password("owner@site.example", PASSWORD, None, HOME)


def test_sessions_end_idle_and_in_any_case(world: World) -> None:
    secret = world.people.sign_in.by_password("owner@site.example", PASSWORD, None, HOME).secret
    step = IDLE / 2
    for _ in range(int(LIFE / step) - 1):
        world.clock.advance(step.total_seconds())
        assert world.people.sessions.principal(secret) is not None
    world.clock.advance(step.total_seconds())
    assert world.people.sessions.principal(secret) is None
    secret = world.people.sign_in.by_password("owner@site.example", PASSWORD, None, HOME).secret
    world.clock.advance(IDLE.total_seconds())
    assert world.people.sessions.principal(secret) is None


def test_only_hashes_are_kept(world: World) -> None:
    signed_in = world.people.sign_in.by_password("owner@site.example", PASSWORD, None, HOME)
    made = world.people.tokens.make(world.owner, "script", (), timedelta(days=1))
    with world.database.reading() as connection:
        kept = str([connection.execute(select(t)).all() for t in (users, user_sessions, api_tokens)])
    for secret in (PASSWORD, signed_in.secret, made.secret):
        assert secret not in kept
        assert secret not in repr((signed_in, made))


def test_one_ends_ones_own_sessions_and_no_others(world: World) -> None:
    sessions = world.people.sessions
    other = world.add("mai", Held(role=Role.VIEWER))
    again = world.entered(UUID(world.owner.id))
    assert [view.current for view in sessions.listed(again)] == [False, True] or len(
        sessions.listed(again)
    ) == 2
    assert other.session is not None
    with pytest.raises(NotFound):
        sessions.end(world.owner, UUID(other.session))
    assert world.owner.session is not None
    sessions.end(again, UUID(world.owner.session))
    assert [str(view.id) for view in sessions.listed(again)] == [again.session]
    world.entered(UUID(world.owner.id))
    sessions.end_others(again)
    assert [str(view.id) for view in sessions.listed(again)] == [again.session]
    assert len(sessions.listed(other)) == 1


def test_a_new_password_ends_all_other_sessions(world: World) -> None:
    sign_in = world.people.sign_in
    other = sign_in.by_password("owner@site.example", PASSWORD, None, HOME)
    with pytest.raises(BadRequest, match="old password"):
        sign_in.change_password(world.owner, "wrong", "seventeen copper kites")
    sign_in.change_password(world.owner, PASSWORD, "seventeen copper kites")
    assert world.people.sessions.principal(other.secret) is None
    assert [view.current for view in world.people.sessions.listed(world.owner)] == [True]
    with pytest.raises(Unauthorised):
        sign_in.by_password("owner@site.example", PASSWORD, None, HOME)
    assert sign_in.by_password("owner@site.example", "seventeen copper kites", None, HOME)


def _code(world: World, secret: str, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(int(world.clock.utc().timestamp()) + 30 * steps)


def test_no_code_of_the_app_is_taken_twice(world: World) -> None:
    factor, sign_in = world.people.second_factor, world.people.sign_in
    secret = factor.begin(world.owner, PASSWORD).secret
    assert sign_in.by_password("owner@site.example", PASSWORD, None, HOME)
    with pytest.raises(Unauthorised, match="code"):
        factor.confirm(world.owner, "000000")
    factor.confirm(world.owner, _code(world, secret))
    with pytest.raises(CodeNeeded):
        sign_in.by_password("owner@site.example", PASSWORD, None, HOME)
    for code in (_code(world, secret), _code(world, secret, -1), "000000", ""):
        with pytest.raises(Unauthorised):
            sign_in.by_password("owner@site.example", PASSWORD, code, HOME)
    world.clock.advance(30)
    code = _code(world, secret)
    assert sign_in.by_password("owner@site.example", PASSWORD, f"{code[:3]} {code[3:]}", HOME)
    with pytest.raises(Unauthorised):
        sign_in.by_password("owner@site.example", PASSWORD, code, HOME)
    with pytest.raises(Conflict):
        factor.begin(world.owner, PASSWORD)


def test_a_wrong_password_does_not_tell_that_there_is_a_second_factor(world: World) -> None:
    factor = world.people.second_factor
    secret = factor.begin(world.owner, PASSWORD).secret
    factor.confirm(world.owner, _code(world, secret))
    with pytest.raises(Unauthorised) as refused:
        world.people.sign_in.by_password("owner@site.example", "wrong", None, HOME)
    assert not isinstance(refused.value, CodeNeeded)


def test_recovery_codes_work_once_each(world: World) -> None:
    factor, sign_in = world.people.second_factor, world.people.sign_in
    codes = factor.confirm(world.owner, _code(world, factor.begin(world.owner, PASSWORD).secret))
    assert len(set(codes)) == 10
    assert sign_in.by_password("owner@site.example", PASSWORD, codes[3].lower(), HOME)
    with pytest.raises(Unauthorised):
        sign_in.by_password("owner@site.example", PASSWORD, codes[3], HOME)
    with world.database.reading() as connection:
        assert codes[4] not in str(connection.execute(select(recovery_codes)).all())
    with pytest.raises(BadRequest, match="password"):
        factor.remove(world.owner, "wrong")
    factor.remove(world.owner, PASSWORD)
    assert sign_in.by_password("owner@site.example", PASSWORD, None, HOME)


def test_the_seed_is_kept_encrypted_and_needs_its_key(world: World) -> None:
    secret = world.people.second_factor.begin(world.owner, PASSWORD).secret
    with world.database.reading() as connection:
        kept = connection.execute(select(users.c.totp_secret)).scalar_one()
    assert secret not in kept
    from cryptography.fernet import Fernet

    with pytest.raises(StorageError, match="key"):
        Vault(Fernet.generate_key()).open_up(kept)


def test_a_token_acts_as_its_user_within_its_limits(world: World) -> None:
    tokens = world.people.tokens
    who = world.add("mai", Held(role=Role.SAFETY_MANAGER, site="north"))
    whole = tokens.make(who, "all", (), timedelta(days=1))
    limited = tokens.make(who, "export", (Permission.EXPORT, Permission.MANAGE_USERS), timedelta(days=1))
    found = tokens.principal(whole.secret)
    assert found is not None
    assert found.scope(Permission.EXPORT) == Scope(frozenset({"north"}))
    assert not found.may(Permission.OWN_ACCOUNT)
    found = tokens.principal(limited.secret)
    assert found is not None
    assert [str(p) for p in Permission if found.may(p)] == ["public", "export"]
    assert found.scope(Permission.REVIEW) == Scope.nothing()
    with pytest.raises(NotFound):
        tokens.revoke(world.owner, whole.view.id)
    tokens.revoke(who, whole.view.id)
    assert tokens.principal(whole.secret) is None
    assert [view.name for view in tokens.listed(who)] == ["export"]
    world.clock.advance(86400)
    assert tokens.principal(limited.secret) is None
    assert tokens.principal("siaga_pat_" + "x" * 43) is None
