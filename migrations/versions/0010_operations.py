"""Failures in words and whom they were told

Revises: 0009
Created: 2026-11-21
"""

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'failures',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('at', sa.DateTime(), nullable=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('thing', sa.String(length=200), nullable=False),
        sa.Column('reference', sa.String(length=12), nullable=False),
        sa.Column('why', sa.Text(), nullable=False),
        sa.Column('details', sa.JSON(), nullable=False),
        sa.Column('told_at', sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_failures')),
        sa.UniqueConstraint('reference', name=op.f('uq_failures_reference')),
    )
    op.create_index(op.f('ix_failures_at'), 'failures', ['at'])
    op.create_index('ix_failures_kind_thing_at', 'failures', ['kind', 'thing', 'at'])
    op.create_table(
        'webhook_posts',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('at', sa.DateTime(), nullable=False),
        sa.Column('body', sa.JSON(), nullable=False),
        sa.Column('state', sa.String(length=10), nullable=False),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('next_at', sa.DateTime(), nullable=False),
        sa.Column('error', sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'failed')", name=op.f('ck_webhook_posts_state_known')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_webhook_posts')),
    )
    op.create_index(op.f('ix_webhook_posts_at'), 'webhook_posts', ['at'])
    op.create_index(op.f('ix_webhook_posts_state'), 'webhook_posts', ['state'])
    op.create_table(
        'alert_refusals',
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ['user_id'], ['users.id'], name=op.f('fk_alert_refusals_user_id_users'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('user_id', name=op.f('pk_alert_refusals')),
    )
    with op.batch_alter_table('jobs') as batch_op:
        batch_op.add_column(sa.Column('trace', sa.String(length=64), nullable=False, server_default=''))


def downgrade() -> None:
    with op.batch_alter_table('jobs') as batch_op:
        batch_op.drop_column('trace')
    op.drop_table('alert_refusals')
    op.drop_table('webhook_posts')
    op.drop_table('failures')
