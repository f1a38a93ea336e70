"""The table of roles in the documentation is what the service goes by."""

from pathlib import Path

from siaga.access import GRANTS, Permission, Role

PAGE = Path(__file__).parents[2] / "docs" / "users.md"


def test_the_page_shows_what_each_role_may_do() -> None:
    table = ["| | " + " | ".join(f"`{role}`" for role in Role) + " |", "|---|" + "---|" * len(Role)]
    for permission in Permission:
        cells = ("yes" if permission in GRANTS[role] else "" for role in Role)
        table.append(f"| `{permission}` | " + " | ".join(cells) + " |")
    shown = PAGE.read_text().split("-->\n", 1)[1].split("<!-- /roles -->")[0]
    assert shown == "\n".join(table) + "\n"
