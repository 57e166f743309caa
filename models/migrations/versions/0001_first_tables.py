"""first tables."""

import sqlalchemy as sa
from alembic import op
import models.types

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('accounts',
    sa.Column('id', models.types.Id(), nullable=False),
    sa.Column('created_at', models.types.Moment(), nullable=False),
    sa.Column('updated_at', models.types.Moment(), nullable=False),
    sa.Column('email', models.types.Ascii(length=320), nullable=True),
    sa.Column('pw_hash', models.types.Ascii(length=60), nullable=True),
    sa.Column('name', sa.String(length=100), nullable=True),
    sa.Column('status', models.types.Ascii(16), nullable=False),
    sa.Column('role', models.types.Ascii(16), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_accounts')),
    sa.UniqueConstraint('email', name=op.f('uq_accounts_email'))
    )
    op.create_table('attempts',
    sa.Column('id', models.types.Id(), nullable=False),
    sa.Column('created_at', models.types.Moment(), nullable=False),
    sa.Column('updated_at', models.types.Moment(), nullable=False),
    sa.Column('notification_id', models.types.Id(), nullable=False),
    sa.Column('attempt', sa.Integer(), nullable=False),
    sa.Column('outcome', models.types.Ascii(length=16), nullable=False),
    sa.Column('code', models.types.Ascii(length=64), nullable=True),
    sa.Column('refused', sa.String(length=2000), nullable=True),
    sa.Column('started_at', models.types.Moment(), nullable=False),
    sa.Column('ended_at', models.types.Moment(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attempts')),
    sa.UniqueConstraint('notification_id', 'attempt', name=op.f('uq_attempts_notification_id_attempt'))
    )
    op.create_table('notifications',
    sa.Column('id', models.types.Id(), nullable=False),
    sa.Column('created_at', models.types.Moment(), nullable=False),
    sa.Column('updated_at', models.types.Moment(), nullable=False),
    sa.Column('account_id', models.types.Id(), nullable=False),
    sa.Column('api_key_id', models.types.Id(), nullable=False),
    sa.Column('connection_id', models.types.Id(), nullable=False),
    sa.Column('channel', models.types.Ascii(16), nullable=False),
    sa.Column('lane', models.types.Ascii(16), nullable=False),
    sa.Column('type', models.types.Ascii(length=16), nullable=False),
    sa.Column('status', models.types.Ascii(16), nullable=False),
    sa.Column('attempt', sa.Integer(), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('not_before', models.types.Moment(), nullable=False),
    sa.Column('wake_at', models.types.Moment(), nullable=True),
    sa.Column('expires_at', models.types.Moment(), nullable=True),
    sa.Column('departed_at', models.types.Moment(), nullable=True),
    sa.Column('group_id', models.types.Ascii(length=64), nullable=True),
    sa.Column('provider_id', models.types.Ascii(length=128), nullable=True),
    sa.Column('code', models.types.Ascii(length=64), nullable=True),
    sa.Column('reference', models.types.Ascii(length=64), nullable=True),
    sa.Column('recipient_hash', models.types.Digest(), nullable=True),
    sa.Column('sealed', models.types.Sealed(), nullable=True),
    sa.Column('idempotency', models.types.Digest(), nullable=True),
    sa.Column('body_hash', models.types.Digest(), nullable=True),
    sa.Column('request_id', models.types.Ascii(length=64), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notifications')),
    sa.UniqueConstraint('api_key_id', 'idempotency', name=op.f('uq_notifications_api_key_id_idempotency'))
    )
    with op.batch_alter_table('notifications', schema=None) as batch_op:
        batch_op.create_index('ix_notifications_account', ['account_id', 'id'], unique=False)
        batch_op.create_index('ix_notifications_due', ['status', 'channel', 'lane', 'wake_at'], unique=False)
        batch_op.create_index('ix_notifications_recipient', ['recipient_hash'], unique=False)
        batch_op.create_index('ix_notifications_reference', ['account_id', 'reference'], unique=False)

    op.create_table('api_keys',
    sa.Column('id', models.types.Id(), nullable=False),
    sa.Column('created_at', models.types.Moment(), nullable=False),
    sa.Column('updated_at', models.types.Moment(), nullable=False),
    sa.Column('account_id', models.types.Id(), nullable=False),
    sa.Column('access_key', models.types.Ascii(length=60), nullable=False),
    sa.Column('secret', models.types.Sealed(), nullable=False),
    sa.Column('user_memo', sa.String(length=100), nullable=False),
    sa.Column('legacy_signing', sa.Boolean(), nullable=False),
    sa.Column('status', models.types.Ascii(16), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_api_keys_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_keys')),
    sa.UniqueConstraint('access_key', name=op.f('uq_api_keys_access_key'))
    )
    with op.batch_alter_table('api_keys', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_api_keys_account_id'), ['account_id'], unique=False)

    op.create_table('connections',
    sa.Column('id', models.types.Id(), nullable=False),
    sa.Column('created_at', models.types.Moment(), nullable=False),
    sa.Column('updated_at', models.types.Moment(), nullable=False),
    sa.Column('account_id', models.types.Id(), nullable=True),
    sa.Column('channel', models.types.Ascii(16), nullable=False),
    sa.Column('secrets', models.types.Sealed(), nullable=False),
    sa.Column('status', models.types.Ascii(16), nullable=False),
    sa.Column('receipt_token_hash', models.types.Digest(), nullable=True),
    sa.Column('closed_until', models.types.Moment(), nullable=True),
    sa.Column('closed_reason', models.types.Ascii(length=64), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_connections_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_connections')),
    sa.UniqueConstraint('receipt_token_hash', name=op.f('uq_connections_receipt_token_hash'))
    )
    with op.batch_alter_table('connections', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_connections_account_id'), ['account_id'], unique=False)

    op.create_table('sessions',
    sa.Column('id', models.types.Id(), nullable=False),
    sa.Column('created_at', models.types.Moment(), nullable=False),
    sa.Column('updated_at', models.types.Moment(), nullable=False),
    sa.Column('account_id', models.types.Id(), nullable=False),
    sa.Column('refresh_hash', models.types.Digest(), nullable=False),
    sa.Column('expires_at', models.types.Moment(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_sessions_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sessions')),
    sa.UniqueConstraint('refresh_hash', name=op.f('uq_sessions_refresh_hash'))
    )
    with op.batch_alter_table('sessions', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sessions_account_id'), ['account_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_sessions_expires_at'), ['expires_at'], unique=False)

    op.create_table('whitelists',
    sa.Column('id', models.types.Id(), nullable=False),
    sa.Column('created_at', models.types.Moment(), nullable=False),
    sa.Column('updated_at', models.types.Moment(), nullable=False),
    sa.Column('api_key_id', models.types.Id(), nullable=False),
    sa.Column('network', models.types.Ascii(length=49), nullable=False),
    sa.ForeignKeyConstraint(['api_key_id'], ['api_keys.id'], name=op.f('fk_whitelists_api_key_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_whitelists'))
    )
    with op.batch_alter_table('whitelists', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_whitelists_api_key_id'), ['api_key_id'], unique=False)



def downgrade() -> None:
    # Indexes go with their tables; MySQL refuses to drop one that a foreign key needs.
    for table in ("whitelists", "sessions", "connections", "api_keys", "notifications", "attempts", "accounts"):
        op.drop_table(table)
