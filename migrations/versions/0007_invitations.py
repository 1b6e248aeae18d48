"""Invitations to an account with a role; collections of visitors without an account; why a work is hidden

Revises: 0006
Created: 2026-11-21
"""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'invitations',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('email', sa.String(length=255), nullable=False),
        sa.Column('role', sa.String(length=80), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('invited_by', sa.String(length=255), nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.Column('sent_at', sa.DateTime(), nullable=False),
        sa.Column('accepted_at', sa.DateTime(), nullable=True),
        sa.Column('withdrawn_at', sa.DateTime(), nullable=True),
        sa.CheckConstraint("role IN ('visitor', 'curator', 'admin')", name=op.f('ck_invitations_role_known')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_invitations')),
        sa.UniqueConstraint('digest', name=op.f('uq_invitations_digest')),
    )
    op.create_index(op.f('ix_invitations_email'), 'invitations', ['email'])
    op.add_column('artworks', sa.Column('hidden_by', sa.JSON(), nullable=True))
    op.execute(
        """UPDATE artworks SET hidden_by = '{"by": "undo"}' WHERE hidden AND id IN"""
        " (SELECT artwork_id FROM import_changes WHERE undone = 'hidden')"
    )
    with op.batch_alter_table('personal_collections') as batch_op:
        batch_op.alter_column('user_id', existing_type=sa.Integer(), nullable=True)
        batch_op.add_column(sa.Column('guest', sa.String(length=43), nullable=True))
        batch_op.create_unique_constraint(batch_op.f('uq_personal_collections_guest_name'), ['guest', 'name'])
        batch_op.create_check_constraint(
            batch_op.f('ck_personal_collections_one_owner'), '(user_id IS NULL) <> (guest IS NULL)'
        )


def downgrade() -> None:
    op.execute(
        'DELETE FROM personal_collection_works WHERE collection_id IN'
        ' (SELECT id FROM personal_collections WHERE user_id IS NULL)'
    )
    op.execute('DELETE FROM personal_collections WHERE user_id IS NULL')  # an older version has no owner for them
    with op.batch_alter_table('personal_collections') as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_personal_collections_one_owner'), type_='check')
        batch_op.drop_constraint(batch_op.f('uq_personal_collections_guest_name'), type_='unique')
        batch_op.drop_column('guest')
        batch_op.alter_column('user_id', existing_type=sa.Integer(), nullable=False)
    op.drop_column('artworks', 'hidden_by')
    op.drop_index(op.f('ix_invitations_email'), 'invitations')
    op.drop_table('invitations')
