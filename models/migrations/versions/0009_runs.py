"""runs of periodic jobs; an account's own retention."""

import sqlalchemy as sa
from alembic import op

import models.types

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'runs',
        sa.Column('id', models.types.Id(), nullable=False),
        sa.Column('created_at', models.types.Moment(), nullable=False),
        sa.Column('updated_at', models.types.Moment(), nullable=False),
        sa.Column('name', models.types.Ascii(16), nullable=False),
        sa.Column('slot', models.types.Moment(), nullable=False),
        sa.Column('turn', sa.Integer(), nullable=False),
        sa.Column('done', sa.Integer(), nullable=False),
        sa.Column('position', models.types.Id(), nullable=True),
        sa.Column('started_at', models.types.Moment(), nullable=False),
        sa.Column('touched_at', models.types.Moment(), nullable=False),
        sa.Column('ended_at', models.types.Moment(), nullable=True),
        sa.Column('error', models.types.Ascii(64), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_runs')),
        sa.UniqueConstraint('name', 'slot', name=op.f('uq_runs_name_slot')),
    )
    with op.batch_alter_table('accounts', schema=None) as batch_op:
        batch_op.add_column(sa.Column('retention_days', sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('accounts', schema=None) as batch_op:
        batch_op.drop_column('retention_days')
    op.drop_table('runs')
