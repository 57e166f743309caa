"""Every migration leaves the code before it running, or says since which revision nothing uses what it takes away."""

from types import ModuleType

import pytest
from alembic.script import Script, ScriptDirectory

from tests.rules.migration_steps import contractions, steps_of
from tests.rules.sources import ROOT

CHAIN: list[Script] = [
    *reversed([*ScriptDirectory(str(ROOT / "models/migrations")).walk_revisions()]),
]
HEAD = """
import sqlalchemy as sa
from alembic import op

def upgrade():
    with op.batch_alter_table('accounts', schema=None) as batch_op:
"""


def unsaid(migration: ModuleType, before: set[str]) -> list[str]:
    """What a migration takes away without saying that nobody needs it; `before` are the revisions that came first."""
    said = getattr(migration, "contracts", None)
    if said is None:
        return contractions(steps_of(migration))
    return [] if said in before else [f"contracts {said!r}, which is no revision before it"]


@pytest.mark.parametrize("script", CHAIN, ids=lambda each: each.revision)
def test_old_code_lives_with_every_migration(script: Script) -> None:
    before = {each.revision for each in CHAIN[: CHAIN.index(script)]}
    assert unsaid(script.module, before) == []


def sample(line: str) -> ModuleType:
    """A migration whose batch of changes to `accounts` is this line."""
    migration = ModuleType("sample")
    exec(f"{HEAD}        {line}\n", vars(migration))  # noqa: S102 - the lines stand in the tables below
    return migration


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("batch_op.drop_column('name')", "accounts: DropColumnOp"),
        ("op.drop_table('batches')", "batches: DropTableOp"),
        ("op.rename_table('batches', 'waves')", "batches: RenameTableOp"),
        ("batch_op.alter_column('name', new_column_name='title')", "accounts.name: renamed"),
        ("batch_op.alter_column('name', type_=sa.Integer())", "accounts.name: another type"),
        ("batch_op.alter_column('name', existing_type=sa.String(9), nullable=False)", "accounts.name: NOT NULL"),
        ("batch_op.alter_column('name', server_default=None)", "accounts.name: no server default any more"),
        (
            "batch_op.add_column(sa.Column('name', sa.String(9), nullable=False))",
            "accounts.name: NOT NULL without a server default",
        ),
        ("op.add_column('audit', sa.Column('name', sa.String(9), nullable=True, unique=True))", "audit.name: unique"),
        ("batch_op.create_unique_constraint('uq_name', ['name'])", "accounts: CreateUniqueConstraintOp"),
        ("batch_op.create_index('ix_name', ['name'], unique=True)", "accounts: a unique index"),
        ("batch_op.drop_index('uq_name')", "accounts: an index that may be unique goes"),
        ("batch_op.drop_constraint('uq_name')", "accounts: DropConstraintOp"),
        ("op.create_foreign_key('fk_name', 'accounts', 'audit', ['a'], ['id'])", "accounts: CreateForeignKeyOp"),
        ("op.create_check_constraint('ck_name', 'accounts', 'a > 0')", "accounts: CreateCheckConstraintOp"),
        (
            "op.execute('ALTER TABLE accounts DROP COLUMN name')",
            "SQL of its own: ALTER TABLE accounts DROP COLUMN name",
        ),
    ],
)
def test_what_old_code_cannot_live_with_is_refused(line: str, fault: str) -> None:
    migration = sample(line)
    assert unsaid(migration, {"0010"}) == [fault]
    vars(migration)["contracts"] = "0010"
    assert unsaid(migration, {"0010"}) == []
    vars(migration)["contracts"] = "0011"
    assert unsaid(migration, {"0010"}) == ["contracts '0011', which is no revision before it"]


@pytest.mark.parametrize(
    "line",
    [
        "batch_op.add_column(sa.Column('name', sa.String(9), nullable=True))",
        "batch_op.add_column(sa.Column('name', sa.String(9), server_default='', nullable=False))",
        "batch_op.alter_column('name', existing_type=sa.String(9), nullable=True)",
        "batch_op.create_index('ix_name', ['name'])",
        "batch_op.drop_index('ix_name')",
        "op.execute('UPDATE accounts SET name = 1')",
        "op.create_table('new', sa.Column('id', sa.Integer())); op.create_index('uq_new', 'new', ['id'], unique=True)",
        "op.bulk_insert(op.create_table('new', sa.Column('id', sa.Integer())), [{'id': 1}])",
    ],
)
def test_what_only_adds_passes(line: str) -> None:
    assert unsaid(sample(line), set()) == []
