"""Run by Alembic; the caller gives the connection and owns the transaction."""

from alembic import context

import siaga.db.tables  # noqa: F401
from siaga.db.metadata import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
