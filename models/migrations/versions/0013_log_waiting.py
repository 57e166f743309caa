"""log records that wait for another sink."""

import sqlalchemy as sa
from alembic import op

import models.types

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'log_waiting',
        sa.Column('id', models.types.Id(), nullable=False),
        sa.Column('created_at', models.types.Moment(), nullable=False),
        sa.Column('updated_at', models.types.Moment(), nullable=False),
        sa.Column('try_at', models.types.Moment(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_log_waiting')),
    )
    op.create_index('ix_log_waiting_due', 'log_waiting', ['try_at', 'id'])


def downgrade() -> None:
    op.drop_table('log_waiting')
