"""audit."""

import sqlalchemy as sa
from alembic import op
import models.types

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('audit',
    sa.Column('id', models.types.Id(), nullable=False),
    sa.Column('created_at', models.types.Moment(), nullable=False),
    sa.Column('updated_at', models.types.Moment(), nullable=False),
    sa.Column('account_id', models.types.Id(), nullable=False),
    sa.Column('api_key_id', models.types.Id(), nullable=True),
    sa.Column('role', models.types.Ascii(16), nullable=False),
    sa.Column('action', models.types.Ascii(16), nullable=False),
    sa.Column('notification_id', models.types.Id(), nullable=True),
    sa.Column('detail', sa.String(length=1000), nullable=False),
    sa.Column('request_id', models.types.Ascii(length=64), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit'))
    )
    with op.batch_alter_table('audit', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_audit_account_id'), ['account_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_audit_notification_id'), ['notification_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('audit', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_audit_notification_id'))
        batch_op.drop_index(batch_op.f('ix_audit_account_id'))

    op.drop_table('audit')
