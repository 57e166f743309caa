"""batches."""

import sqlalchemy as sa
from alembic import op
import models.types

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('batch_rejects',
    sa.Column('id', models.types.Id(), nullable=False),
    sa.Column('created_at', models.types.Moment(), nullable=False),
    sa.Column('updated_at', models.types.Moment(), nullable=False),
    sa.Column('batch_id', models.types.Id(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('line', sa.Integer(), nullable=True),
    sa.Column('field', sa.String(length=100), nullable=False),
    sa.Column('code', models.types.Ascii(length=16), nullable=False),
    sa.Column('detail', sa.String(length=500), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_batch_rejects'))
    )
    with op.batch_alter_table('batch_rejects', schema=None) as batch_op:
        batch_op.create_index('ix_batch_rejects_batch', ['batch_id', 'number'], unique=False)

    op.create_table('batches',
    sa.Column('id', models.types.Id(), nullable=False),
    sa.Column('created_at', models.types.Moment(), nullable=False),
    sa.Column('updated_at', models.types.Moment(), nullable=False),
    sa.Column('account_id', models.types.Id(), nullable=False),
    sa.Column('api_key_id', models.types.Id(), nullable=False),
    sa.Column('connection_id', models.types.Id(), nullable=False),
    sa.Column('channel', models.types.Ascii(16), nullable=False),
    sa.Column('lane', models.types.Ascii(16), nullable=False),
    sa.Column('status', models.types.Ascii(16), nullable=False),
    sa.Column('reference', models.types.Ascii(length=64), nullable=True),
    sa.Column('request_id', models.types.Ascii(length=64), nullable=True),
    sa.Column('idempotency', models.types.Digest(), nullable=True),
    sa.Column('body_hash', models.types.Digest(), nullable=True),
    sa.Column('all_or_nothing', sa.Boolean(), nullable=False),
    sa.Column('distinct_by', sa.String(length=100), nullable=True),
    sa.Column('not_before', models.types.Moment(), nullable=False),
    sa.Column('expires_at', models.types.Moment(), nullable=True),
    sa.Column('sealed', models.types.Sealed(), nullable=True),
    sa.Column('filling', sa.Integer(), nullable=False),
    sa.Column('rows_read', sa.Integer(), nullable=False),
    sa.Column('accepted', sa.Integer(), nullable=False),
    sa.Column('rejected', sa.Integer(), nullable=False),
    sa.Column('prefix_hash', models.types.Digest(), nullable=True),
    sa.Column('upload_hash', models.types.Digest(), nullable=True),
    sa.Column('fed_id', models.types.Id(), nullable=True),
    sa.Column('pace_from', models.types.Moment(), nullable=True),
    sa.Column('pace_done', sa.Integer(), nullable=False),
    sa.Column('ended_at', models.types.Moment(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_batches')),
    sa.UniqueConstraint('api_key_id', 'idempotency', name=op.f('uq_batches_api_key_id_idempotency'))
    )
    with op.batch_alter_table('batches', schema=None) as batch_op:
        batch_op.create_index('ix_batches_account', ['account_id', 'id'], unique=False)
        batch_op.create_index('ix_batches_status', ['status'], unique=False)

    with op.batch_alter_table('notifications', schema=None) as batch_op:
        batch_op.add_column(sa.Column('batch_id', models.types.Id(), nullable=True))
        batch_op.add_column(sa.Column('batch_row', sa.Integer(), nullable=True))
        batch_op.create_index('ix_notifications_batch', ['batch_id', 'status', 'id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('notifications', schema=None) as batch_op:
        batch_op.drop_index('ix_notifications_batch')
        batch_op.drop_column('batch_row')
        batch_op.drop_column('batch_id')

    with op.batch_alter_table('batches', schema=None) as batch_op:
        batch_op.drop_index('ix_batches_status')
        batch_op.drop_index('ix_batches_account')

    op.drop_table('batches')
    with op.batch_alter_table('batch_rejects', schema=None) as batch_op:
        batch_op.drop_index('ix_batch_rejects_batch')

    op.drop_table('batch_rejects')
