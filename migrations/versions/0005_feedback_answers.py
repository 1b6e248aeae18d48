"""What visitors and curators say about an answer

Revises: 0004
Created: 2026-11-21
"""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('feedback') as batch_op:
        batch_op.add_column(sa.Column('artwork_id', sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f('fk_feedback_artwork_id_artworks'), 'artworks', ['artwork_id'], ['id'], ondelete='SET NULL'
        )
        batch_op.create_index(batch_op.f('ix_feedback_artwork_id'), ['artwork_id'])
    op.create_table(
        'rulings',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('search_id', sa.String(length=32), nullable=False),
        sa.Column('at', sa.DateTime(), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=True),
        sa.Column('outcome', sa.String(length=10), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('right', 'work', 'not_ours', 'bad_photo')", name=op.f('ck_rulings_outcome_known')
        ),
        sa.ForeignKeyConstraint(
            ['search_id'], ['searches.id'], name=op.f('fk_rulings_search_id_searches'), ondelete='CASCADE'
        ),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_rulings_user_id_users'), ondelete='SET NULL'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_rulings')),
        sa.UniqueConstraint('search_id', name=op.f('uq_rulings_search_id')),
    )
    op.create_index(op.f('ix_rulings_at'), 'rulings', ['at'])
    op.create_table(
        'ruling_works',
        sa.Column('ruling_id', sa.Integer(), nullable=False),
        sa.Column('artwork_id', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ['ruling_id'], ['rulings.id'], name=op.f('fk_ruling_works_ruling_id_rulings'), ondelete='CASCADE'
        ),
        sa.ForeignKeyConstraint(
            ['artwork_id'], ['artworks.id'], name=op.f('fk_ruling_works_artwork_id_artworks'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('ruling_id', 'artwork_id', name=op.f('pk_ruling_works')),
    )
    op.create_index(op.f('ix_ruling_works_artwork_id'), 'ruling_works', ['artwork_id'])


def downgrade() -> None:
    op.drop_table('ruling_works')
    op.drop_table('rulings')
    with op.batch_alter_table('feedback') as batch_op:
        batch_op.drop_index(batch_op.f('ix_feedback_artwork_id'))
        batch_op.drop_constraint(batch_op.f('fk_feedback_artwork_id_artworks'), type_='foreignkey')
        batch_op.drop_column('artwork_id')
