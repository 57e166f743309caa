"""indexes of lists."""

from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('notifications', schema=None) as batch_op:
        batch_op.drop_index('ix_notifications_reference')
        batch_op.drop_index('ix_notifications_recipient')
        batch_op.create_index('ix_notifications_account_status', ['account_id', 'status', 'id'], unique=False)
        batch_op.create_index('ix_notifications_status', ['status', 'id'], unique=False)
        batch_op.create_index('ix_notifications_account_code', ['account_id', 'code', 'id'], unique=False)
        batch_op.create_index('ix_notifications_code', ['code', 'id'], unique=False)
        batch_op.create_index('ix_notifications_reference', ['reference', 'account_id', 'id'], unique=False)
        batch_op.create_index('ix_notifications_recipient', ['recipient_hash', 'id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('notifications', schema=None) as batch_op:
        batch_op.drop_index('ix_notifications_recipient')
        batch_op.drop_index('ix_notifications_reference')
        batch_op.drop_index('ix_notifications_code')
        batch_op.drop_index('ix_notifications_account_code')
        batch_op.drop_index('ix_notifications_status')
        batch_op.drop_index('ix_notifications_account_status')
        batch_op.create_index('ix_notifications_recipient', ['recipient_hash'], unique=False)
        batch_op.create_index('ix_notifications_reference', ['account_id', 'reference'], unique=False)
