"""connections of accounts."""

import sqlalchemy as sa
from alembic import op

import models.types

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('connections', schema=None) as batch_op:
        batch_op.add_column(sa.Column('name', sa.String(length=100), server_default='', nullable=False))
        batch_op.add_column(sa.Column('is_default', sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column('tested_at', models.types.Moment(), nullable=True))
        batch_op.add_column(sa.Column('problem', sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column('renew_at', models.types.Moment(), nullable=True))
        batch_op.add_column(sa.Column('renewing_until', models.types.Moment(), nullable=True))
        batch_op.create_index('ix_connections_renew_at', ['renew_at'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('connections', schema=None) as batch_op:
        batch_op.drop_index('ix_connections_renew_at')
        batch_op.drop_column('renewing_until')
        batch_op.drop_column('renew_at')
        batch_op.drop_column('problem')
        batch_op.drop_column('tested_at')
        batch_op.drop_column('is_default')
        batch_op.drop_column('name')
