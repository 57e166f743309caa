"""What a migration does, without a database, and which of it the code before it could not live with.

While a new version is rolled out, old processes work on the new schema. So a migration may add what they need not
know of, and nothing else; what takes something away, or demands more, says with `contracts = "0012"` that no code
since that revision uses it. Pure.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace
from typing import Any

from alembic.operations import BatchOperations, MigrateOperation, Operations, ops
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column
from typing_extensions import override

DATA = re.compile(r"\s*(?:INSERT|UPDATE|DELETE)\b", re.IGNORECASE)


class _Recorder(Operations):
    """Notes what it is asked for, and does none of it."""

    def __init__(self, context: MigrationContext) -> None:
        super().__init__(context)
        self.steps: list[MigrateOperation] = []

    @override
    def invoke(self, operation: MigrateOperation) -> Any:
        self.steps.append(operation)
        # What was made can be filled in the next line.
        return operation.to_table(self.migration_context) if isinstance(operation, ops.CreateTableOp) else None

    @contextmanager
    @override
    def batch_alter_table(self, table_name: str, *_: Any, **__: Any) -> Iterator[BatchOperations]:
        steps = self.steps

        class Batch(BatchOperations):
            @override
            def invoke(self, operation: MigrateOperation) -> Any:
                steps.append(operation)

        impl: Any = SimpleNamespace(table_name=table_name, schema=None)
        yield Batch(self.migration_context, impl=impl)


def steps_of(migration: ModuleType) -> list[MigrateOperation]:
    """What a migration's `upgrade` asks its `op` for, in order."""
    real = migration.op
    recorder = _Recorder(MigrationContext.configure(dialect_name="mysql", opts={"as_sql": True}))
    migration.op = recorder  # type: ignore[attr-defined] # a module of its own: nobody else's `op` changes
    try:
        migration.upgrade()
    finally:
        migration.op = real  # type: ignore[attr-defined] # as above
    return recorder.steps


def contractions(steps: Sequence[MigrateOperation]) -> list[str]:
    """The steps that old code could not live with, in words."""
    new = {step.table_name for step in steps if isinstance(step, ops.CreateTableOp)}
    return [fault for step in steps if (fault := _fault(step, new))]


def _fault(step: MigrateOperation, new: set[str]) -> str:  # noqa: PLR0911 - a table of cases, a line each
    table = getattr(step, "table_name", None) or getattr(step, "source_table", None)
    if table is not None and table in new:
        return ""
    match step:
        case ops.CreateTableOp() | ops.BulkInsertOp():
            return ""
        case ops.AddColumnOp(column=column):
            return _demand(f"{table}.{column.name}", column)
        case ops.CreateIndexOp(unique=unique):
            return f"{table}: a unique index" if unique else ""
        case ops.DropIndexOp(index_name=name):
            return "" if str(name).startswith("ix_") else f"{table}: an index that may be unique goes"
        case ops.AlterColumnOp():
            return _narrowing(step)
        case ops.ExecuteSQLOp(sqltext=text):
            return "" if DATA.match(str(text)) else f"SQL of its own: {text}"
        case _:
            return f"{table}: {type(step).__name__}"


def _demand(name: str, column: Column[Any]) -> str:
    if not column.nullable and column.server_default is None:
        return f"{name}: NOT NULL without a server default"
    return f"{name}: unique" if column.unique else ""


def _narrowing(step: ops.AlterColumnOp) -> str:
    name = f"{step.table_name}.{step.column_name}"
    if step.modify_name is not None:
        return f"{name}: renamed"
    if step.modify_type is not None:
        return f"{name}: another type"
    if step.modify_nullable is False:
        return f"{name}: NOT NULL"
    return f"{name}: no server default any more" if step.modify_server_default is None else ""
