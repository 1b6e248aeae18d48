"""Favourites, named collections of a visitor, and mail that is kept in the instance

Revises: 0001
Created: 2026-11-21
"""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute('UPDATE users SET confirmed_at = created_at WHERE confirmed_at IS NULL')  # made when nothing was confirmed
    op.create_table(
        'favourites',
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('artwork_id', sa.Integer(), nullable=False),
        sa.Column('added_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_favourites_user_id_users'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(
            ['artwork_id'], ['artworks.id'], name=op.f('fk_favourites_artwork_id_artworks'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('user_id', 'artwork_id', name=op.f('pk_favourites')),
    )
    op.create_index(op.f('ix_favourites_artwork_id'), 'favourites', ['artwork_id'])
    op.create_table(
        'personal_collections',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('name', sa.String(length=200), nullable=False),
        sa.Column('description', sa.Text(), nullable=False),
        sa.Column('share_key', sa.String(length=43), nullable=True),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.Column('updated_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ['user_id'], ['users.id'], name=op.f('fk_personal_collections_user_id_users'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_personal_collections')),
        sa.UniqueConstraint('user_id', 'name', name=op.f('uq_personal_collections_user_id_name')),
        sa.UniqueConstraint('share_key', name=op.f('uq_personal_collections_share_key')),
    )
    op.create_table(
        'personal_collection_works',
        sa.Column('collection_id', sa.Integer(), nullable=False),
        sa.Column('artwork_id', sa.Integer(), nullable=False),
        sa.Column('added_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ['collection_id'], ['personal_collections.id'],
            name=op.f('fk_personal_collection_works_collection_id_personal_collections'), ondelete='CASCADE',
        ),
        sa.ForeignKeyConstraint(
            ['artwork_id'], ['artworks.id'], name=op.f('fk_personal_collection_works_artwork_id_artworks'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('collection_id', 'artwork_id', name=op.f('pk_personal_collection_works')),
    )
    op.create_index(op.f('ix_personal_collection_works_artwork_id'), 'personal_collection_works', ['artwork_id'])
    op.create_table(
        'mails',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('at', sa.DateTime(), nullable=False),
        sa.Column('kind', sa.String(length=80), nullable=False),
        sa.Column('recipient', sa.String(length=255), nullable=False),
        sa.Column('subject', sa.Text(), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('state', sa.String(length=10), nullable=False),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('next_at', sa.DateTime(), nullable=True),
        sa.Column('error', sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('kept', 'waiting', 'sent', 'failed')", name=op.f('ck_mails_state_known')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_mails')),
    )
    op.create_index(op.f('ix_mails_at'), 'mails', ['at'])
    op.create_index(op.f('ix_mails_recipient'), 'mails', ['recipient'])
    op.create_index(op.f('ix_mails_state'), 'mails', ['state'])


def downgrade() -> None:
    op.drop_table('mails')
    op.drop_table('personal_collection_works')
    op.drop_table('personal_collections')
    op.drop_table('favourites')
