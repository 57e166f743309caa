"""which objects of the archive hold which log records."""

import sqlalchemy as sa
from alembic import op

import models.types

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'archive_parts',
        sa.Column('id', models.types.Id(), nullable=False),
        sa.Column('created_at', models.types.Moment(), nullable=False),
        sa.Column('updated_at', models.types.Moment(), nullable=False),
        sa.Column('name', models.types.Ascii(128), nullable=False),
        sa.Column('status', models.types.Ascii(16), nullable=False),
        sa.Column('first_id', models.types.Id(), nullable=False),
        sa.Column('last_id', models.types.Id(), nullable=False),
        sa.Column('count', sa.Integer(), nullable=False),
        sa.Column('size', sa.BigInteger(), nullable=False),
        sa.Column('sha256', models.types.Digest(), nullable=True),
        sa.Column('merged_into', models.types.Id(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_archive_parts')),
    )
    op.create_index('ix_archive_parts_range', 'archive_parts', ['status', 'last_id'])
    op.create_index('ix_archive_parts_merged', 'archive_parts', ['merged_into'])


def downgrade() -> None:
    op.drop_table('archive_parts')
