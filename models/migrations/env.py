"""How alembic reaches the database: through the product's own engine, online only."""

from typing import Any, Literal

from alembic import context

from models.schema import metadata
from models.session import engine
from models.types import WORD_LENGTH, Word


def render(kind: str, thing: Any, _context: Any) -> str | Literal[False]:  # noqa: ANN401 - alembic's hook
    """Write closed-list columns as plain text: the list may grow without a migration."""
    return f"models.types.Ascii({WORD_LENGTH})" if kind == "type" and isinstance(thing, Word) else False


def migrate() -> None:
    """Run the migrations that are asked for, in one transaction where the database can."""
    with engine().connect() as connection:
        context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, render_item=render)
        with context.begin_transaction():
            context.run_migrations()


migrate()
