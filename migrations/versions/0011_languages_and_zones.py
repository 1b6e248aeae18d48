"""The language that somebody chose, the time zone of a day's figures, and photos that are kept found at once

Revises: 0010
Created: 2026-11-21
"""

import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None

KEPT = sa.text('photo_path IS NOT NULL')


def upgrade() -> None:
    op.add_column('users', sa.Column('language', sa.String(length=10), nullable=True))
    op.add_column('rollups', sa.Column('zone', sa.String(length=60), nullable=False, server_default='UTC'))
    op.create_index('ix_searches_photo_kept', 'searches', ['created_at'], sqlite_where=KEPT, postgresql_where=KEPT)


def downgrade() -> None:
    op.drop_index('ix_searches_photo_kept', table_name='searches')
    op.drop_column('rollups', 'zone')
    op.drop_column('users', 'language')
