"""statistics; samples of queues."""

import sqlalchemy as sa
from alembic import op

import models.types

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'statistics',
        sa.Column('id', models.types.Id(), nullable=False),
        sa.Column('created_at', models.types.Moment(), nullable=False),
        sa.Column('updated_at', models.types.Moment(), nullable=False),
        sa.Column('account_id', models.types.Id(), nullable=False),
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('channel', models.types.Ascii(16), nullable=False),
        sa.Column('outcome', models.types.Ascii(16), nullable=False),
        sa.Column('is_final', sa.Boolean(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_statistics')),
        sa.UniqueConstraint('account_id', 'day', 'channel', 'outcome', 'is_final', name='uq_statistics_key'),
    )
    op.create_index('ix_statistics_day', 'statistics', ['day', 'is_final'])
    op.create_table(
        'queue_samples',
        sa.Column('id', models.types.Id(), nullable=False),
        sa.Column('created_at', models.types.Moment(), nullable=False),
        sa.Column('updated_at', models.types.Moment(), nullable=False),
        sa.Column('slot', models.types.Moment(), nullable=False),
        sa.Column('channel', models.types.Ascii(16), nullable=False),
        sa.Column('lane', models.types.Ascii(16), nullable=False),
        sa.Column('messages', sa.Integer(), nullable=True),
        sa.Column('due', sa.Integer(), nullable=False),
        sa.Column('later', sa.Integer(), nullable=False),
        sa.Column('unfed', sa.Integer(), nullable=False),
        sa.Column('asked', sa.Integer(), nullable=False),
        sa.Column('held', sa.Integer(), nullable=False),
        sa.Column('oldest_seconds', sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_queue_samples')),
        sa.UniqueConstraint('slot', 'channel', 'lane', name=op.f('uq_queue_samples_slot_channel_lane')),
    )


def downgrade() -> None:
    op.drop_table('queue_samples')
    op.drop_table('statistics')
