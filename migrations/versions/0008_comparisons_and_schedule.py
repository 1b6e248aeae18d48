"""Saved comparisons of builds, and when the index is rebuilt by itself

Revises: 0007
Created: 2026-11-21
"""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
