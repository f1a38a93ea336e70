"""One tree of errors, the same in the drawing, in the classes and between processes."""

import pickle
import re

import pytest

from siaga.cli.reference.errors import tree
from siaga.core import errors
from siaga.core.errors import DeliveryUnavailable, ModelTampered, SiagaError

KINDS = [kind for _, kind in tree(SiagaError)]
_LINE = re.compile(
    r"^\s*(?P<lead>[│├└─\s]*)(?P<name>[A-Z]\w+)(?:\s+exit (?P<exit>\d+)\s+HTTP (?P<http>\d+))?"
)


def drawn() -> list[tuple[int, str, str | None, str | None]]:
    """Depth, name, exit code and HTTP status of every line of the drawing."""
    drawing = (errors.__doc__ or "").split("::\n\n")[1].splitlines()
    matches = [match for line in drawing if (match := _LINE.match(line.removeprefix("    ")))]
    return [(len(m["lead"]) // 4, m["name"], m["exit"], m["http"]) for m in matches]


def test_the_drawing_is_the_tree() -> None:
    assert [(depth, name) for depth, name, _, _ in drawn()] == [
        (depth, kind.__name__) for depth, kind in tree(SiagaError)
    ]


def test_the_drawing_has_the_right_codes() -> None:
    by_name = {kind.__name__: kind for kind in KINDS}
    told = [
        (by_name[name], int(exit_code), int(http or 0)) for _, name, exit_code, http in drawn() if exit_code
    ]
    assert len(told) == 12
    for kind, exit_code, http in told:
        assert (kind.exit_code, kind.http_status) == (exit_code, http)


def test_every_class_of_the_module_is_in_the_tree() -> None:
    classes = {value for value in vars(errors).values() if isinstance(value, type)}
    assert classes == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_survives_the_way_between_processes(kind: type[SiagaError]) -> None:
    error = pickle.loads(pickle.dumps(kind("it broke", where="gate", fix="Mend it.")))
    assert type(error) is kind
    assert (error.what, error.where, error.fix) == ("it broke", "gate", "Mend it.")


def test_how_long_to_wait_survives_too() -> None:
    error = pickle.loads(pickle.dumps(DeliveryUnavailable("busy", retry_after=12.5)))
    assert error.retry_after == 12.5


@pytest.mark.parametrize("kind", KINDS)
def test_no_error_ends_as_success(kind: type[SiagaError]) -> None:
    assert 0 < kind.exit_code < 126
    assert 400 <= kind.http_status < 600


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ModelTampered("the bytes differ"), "the bytes differ"),
        (ModelTampered("the bytes differ", where="a.onnx"), "a.onnx: the bytes differ"),
        (ModelTampered("the bytes differ", fix="Fetch it."), "the bytes differ. Fetch it."),
        (ModelTampered("The bytes differ.", where="a", fix="Fetch it."), "a: The bytes differ. Fetch it."),
    ],
)
def test_the_text_says_where_what_and_the_way_out(error: SiagaError, text: str) -> None:
    assert str(error) == text
