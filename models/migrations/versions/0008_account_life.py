"""account life: proven addresses, identities, mailed codes, throttles, where a login began, deletion."""

from typing import Any

import sqlalchemy as sa
from alembic import op

import models.types

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def _base() -> list[sa.Column[Any]]:
    return [
        sa.Column('id', models.types.Id(), nullable=False),
        sa.Column('created_at', models.types.Moment(), nullable=False),
        sa.Column('updated_at', models.types.Moment(), nullable=False),
    ]


def upgrade() -> None:
    with op.batch_alter_table('accounts', schema=None) as batch_op:
        batch_op.add_column(sa.Column('email_verified_at', models.types.Moment(), nullable=True))
        batch_op.add_column(sa.Column('deleted_at', models.types.Moment(), nullable=True))
        batch_op.add_column(sa.Column('scrubbed_to', models.types.Id(), nullable=True))
        batch_op.add_column(sa.Column('scrubbed_at', models.types.Moment(), nullable=True))
        batch_op.create_index(batch_op.f('ix_accounts_deleted_at'), ['deleted_at'], unique=False)
    # Those who left before are scrubbed like those who leave from now on.
    op.execute("UPDATE accounts SET deleted_at = updated_at WHERE status = 'deleted'")
    with op.batch_alter_table('sessions', schema=None) as batch_op:
        batch_op.add_column(sa.Column('address', models.types.Ascii(45), nullable=True))
        batch_op.add_column(sa.Column('agent', sa.String(200), nullable=True))
    _create_identities()
    _create_mailed_codes()
    op.create_table(
        'throttles',
        *_base(),
        sa.Column('tries', sa.Integer(), nullable=False),
        sa.Column('until', models.types.Moment(), nullable=True),
        sa.Column('forgotten_at', models.types.Moment(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_throttles')),
    )
    op.create_index(op.f('ix_throttles_forgotten_at'), 'throttles', ['forgotten_at'])


def _create_identities() -> None:
    op.create_table(
        'identities',
        *_base(),
        sa.Column('account_id', models.types.Id(), nullable=False),
        sa.Column('sns_type', models.types.Ascii(16), nullable=False),
        sa.Column('subject', models.types.Ascii(255), nullable=False),
        sa.ForeignKeyConstraint(
            ['account_id'], ['accounts.id'], name=op.f('fk_identities_account_id'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_identities')),
        sa.UniqueConstraint('sns_type', 'subject', name=op.f('uq_identities_sns_type_subject')),
    )
    op.create_index(op.f('ix_identities_account_id'), 'identities', ['account_id'])


def _create_mailed_codes() -> None:
    op.create_table(
        'mailed_codes',
        *_base(),
        sa.Column('account_id', models.types.Id(), nullable=False),
        sa.Column('purpose', models.types.Ascii(16), nullable=False),
        sa.Column('email', models.types.Ascii(320), nullable=False),
        sa.Column('code_hash', models.types.Digest(), nullable=False),
        sa.Column('tries', sa.Integer(), nullable=False),
        sa.Column('expires_at', models.types.Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ['account_id'], ['accounts.id'], name=op.f('fk_mailed_codes_account_id'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_mailed_codes')),
        sa.UniqueConstraint('account_id', 'purpose', name=op.f('uq_mailed_codes_account_id_purpose')),
    )
    op.create_index(op.f('ix_mailed_codes_expires_at'), 'mailed_codes', ['expires_at'])


def downgrade() -> None:
    for table in ('throttles', 'mailed_codes', 'identities'):
        op.drop_table(table)
    with op.batch_alter_table('sessions', schema=None) as batch_op:
        for name in ('agent', 'address'):
            batch_op.drop_column(name)
    with op.batch_alter_table('accounts', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_accounts_deleted_at'))
        for name in ('scrubbed_at', 'scrubbed_to', 'deleted_at', 'email_verified_at'):
            batch_op.drop_column(name)
