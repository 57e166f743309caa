"""keys: rotation, scopes, kind, expiry, last use."""

import sqlalchemy as sa
from alembic import op

import models.types

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('api_keys', schema=None) as batch_op:
        batch_op.add_column(sa.Column('kind', models.types.Ascii(16), server_default='live', nullable=False))
        batch_op.add_column(sa.Column('read_only', sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column('channels', models.types.Ascii(64), server_default='', nullable=False))
        batch_op.add_column(sa.Column('expires_at', models.types.Moment(), nullable=True))
        batch_op.add_column(sa.Column('previous_secret', models.types.Sealed(), nullable=True))
        batch_op.add_column(sa.Column('previous_until', models.types.Moment(), nullable=True))
        batch_op.add_column(sa.Column('last_used_at', models.types.Moment(), nullable=True))
        batch_op.add_column(sa.Column('last_used_from', models.types.Ascii(45), nullable=True))
    with op.batch_alter_table('audit', schema=None) as batch_op:
        batch_op.add_column(sa.Column('subject_id', models.types.Id(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('audit', schema=None) as batch_op:
        batch_op.drop_column('subject_id')
    with op.batch_alter_table('api_keys', schema=None) as batch_op:
        for name in (
            'last_used_from',
            'last_used_at',
            'previous_until',
            'previous_secret',
            'expires_at',
            'channels',
            'read_only',
            'kind',
        ):
            batch_op.drop_column(name)
