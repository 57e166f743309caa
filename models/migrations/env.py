"""How alembic reaches the database: through an engine of the product's own kind, online only."""

from typing import Any, Literal

import structlog
from alembic import context

from config.settings import Installation, settings
from models.schema import metadata
from models.session import make_engine
from models.types import WORD_LENGTH, Word

log = structlog.get_logger()


def render(kind: str, thing: Any, _context: Any) -> str | Literal[False]:  # noqa: ANN401 - alembic's hook
    """Write closed-list columns as plain text: the list may grow without a migration."""
    return f"models.types.Ascii({WORD_LENGTH})" if kind == "type" and isinstance(thing, Word) else False


def newer_revisions() -> set[str]:
    """What a newer version has done to this database, where `head` is asked for; empty if all of it is known."""
    known = {script.revision for script in context.script.walk_revisions()}
    asked = context.get_context().opts.get("destination_rev")
    return set(context.get_context().get_current_heads()) - known if asked in {"head", "heads"} else set()


def migrate() -> None:
    """Run the migrations that are asked for, in one transaction where the database can.

    Where a newer version has been there, an older one has nothing to do and runs on what it finds: else no rollback
    of the code could start.
    """
    # An index of ten million rows takes a minute; giving up would leave it half made.
    engine = make_engine(settings(Installation).database(), answer_within=None)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, render_item=render)
        newer = newer_revisions()
        # That was a transaction of its own.
        connection.rollback()
        if newer:
            log.warning("migrations.newer", revisions=sorted(newer))
        else:
            with context.begin_transaction():
                context.run_migrations()
    engine.dispose()


migrate()
