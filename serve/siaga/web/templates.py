"""The templates, with the words and filters that they use."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from siaga.web import words


def make_templates(*, demo: bool = False) -> Environment:
    """An environment that escapes every value and refuses unknown names.

    Args:
        demo: The page says that one was signed in without a password.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["words"] = words
    environment.globals["demo_signs_in"] = demo
    return environment
