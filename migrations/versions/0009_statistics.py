"""Figures by the hour and by collection; what the statistics page sums up

Revises: 0008
Created: 2026-11-21
"""

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
