"""A small checkpoint, a drawn set and its card, made once: importing the framework takes seconds."""

from pathlib import Path

import pytest

from tests.training import tiny


@pytest.fixture(scope="session")
def lively_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("torch")
    pytest.importorskip("ultralytics")
    return tiny.lively(tmp_path_factory.mktemp("checkpoint") / "lively.pt")


@pytest.fixture(scope="session")
def drawn_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.prepared(tmp_path_factory.mktemp("drawn") / "set")


@pytest.fixture(scope="session")
def drawn_cards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.cards(tmp_path_factory.mktemp("cards"))
