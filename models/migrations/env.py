"""How alembic reaches the database: through an engine of the product's own kind, online only."""

from typing import Any, Literal

from alembic import context

from config.settings import Installation, settings
from models.schema import metadata
from models.session import make_engine
from models.types import WORD_LENGTH, Word


def render(kind: str, thing: Any, _context: Any) -> str | Literal[False]:  # noqa: ANN401 - alembic's hook
    """Write closed-list columns as plain text: the list may grow without a migration."""
    return f"models.types.Ascii({WORD_LENGTH})" if kind == "type" and isinstance(thing, Word) else False


def migrate() -> None:
    """Run the migrations that are asked for, in one transaction where the database can."""
    # An index of ten million rows takes a minute; giving up would leave it half made.
    engine = make_engine(settings(Installation).database(), answer_within=None)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, render_item=render)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


migrate()
