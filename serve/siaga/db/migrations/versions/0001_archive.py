"""Tables of siaga.archive."""

revision = "0001"
down_revision: str | None = None


def upgrade() -> None:
    """Make them."""
