"""log records."""

import sqlalchemy as sa
from alembic import op

import models.types

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'log_records',
        sa.Column('id', models.types.Id(), nullable=False),
        sa.Column('created_at', models.types.Moment(), nullable=False),
        sa.Column('updated_at', models.types.Moment(), nullable=False),
        sa.Column('account_id', models.types.Id(), nullable=True),
        sa.Column('event', models.types.Ascii(16), nullable=False),
        sa.Column('notification_id', models.types.Id(), nullable=True),
        sa.Column('request_id', models.types.Ascii(64), nullable=True),
        sa.Column('detail', sa.String(4000), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_log_records')),
    )
    op.create_index('ix_log_records_account', 'log_records', ['account_id', 'id'])
    op.create_index('ix_log_records_event', 'log_records', ['account_id', 'event', 'id'])
    op.create_index('ix_log_records_notification', 'log_records', ['account_id', 'notification_id', 'id'])
    op.create_index('ix_log_records_request', 'log_records', ['account_id', 'request_id', 'id'])


def downgrade() -> None:
    op.drop_table('log_records')
