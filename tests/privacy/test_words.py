"""The notice says the same in every language."""

import re

from siaga.web.notice_words import NAMES, TEXTS, language_of


def test_every_language_has_every_text_with_the_same_places() -> None:
    english = TEXTS["en"]
    assert set(NAMES) == set(TEXTS)
    for texts in TEXTS.values():
        assert set(texts) == set(english)
        for name, text in texts.items():
            assert re.findall(r"{\w+}", text) == re.findall(r"{\w+}", english[name])


def test_the_language_is_as_asked_else_as_the_browser_likes() -> None:
    assert language_of("id", "en") == "id"
    assert language_of("xx", "fr-FR, id;q=0.8, en;q=0.5") == "id"
    assert language_of(None, None) == "en"
