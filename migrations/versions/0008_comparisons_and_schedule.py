"""Saved comparisons of builds, how long each stage takes, and when the index is rebuilt by itself

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
    op.create_table(
        'stage_timings',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('at', sa.DateTime(), nullable=False),
        sa.Column('preset', sa.String(length=80), nullable=False),
        sa.Column('stage', sa.String(length=20), nullable=False),
        sa.Column('pictures', sa.Integer(), nullable=False),
        sa.Column('seconds', sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_stage_timings')),
    )
    op.create_index('ix_stage_timings_stage_at', 'stage_timings', ['stage', 'at'])
    op.create_table(
        'photo_sets',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('name', sa.String(length=200), nullable=False),
        sa.Column('kind', sa.String(length=10), nullable=False),
        sa.Column('path', sa.Text(), nullable=False),
        sa.Column('photos', sa.Integer(), nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=True),
        sa.CheckConstraint("kind IN ('upload', 'server', 'settled')", name=op.f('ck_photo_sets_kind_known')),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_photo_sets_user_id_users'), ondelete='SET NULL'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_photo_sets')),
        sa.UniqueConstraint('name', name=op.f('uq_photo_sets_name')),
    )
    op.create_table(
        'build_comparisons',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('before', sa.String(length=80), nullable=False),
        sa.Column('after', sa.String(length=80), nullable=False),
        sa.Column('photo_set_id', sa.Integer(), nullable=True),
        sa.Column('photos_name', sa.String(length=200), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=True),
        sa.Column('job_id', sa.String(length=32), nullable=True),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.Column('finished_at', sa.DateTime(), nullable=True),
        sa.Column('result', sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ['photo_set_id'], ['photo_sets.id'], name=op.f('fk_build_comparisons_photo_set_id_photo_sets'), ondelete='SET NULL'
        ),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_build_comparisons_user_id_users'), ondelete='SET NULL'),
        sa.ForeignKeyConstraint(['job_id'], ['jobs.id'], name=op.f('fk_build_comparisons_job_id_jobs'), ondelete='SET NULL'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_build_comparisons')),
    )
    op.create_table(
        'reindex_plan',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('mode', sa.String(length=10), nullable=False),
        sa.Column('weekday', sa.Integer(), nullable=False),
        sa.Column('hour', sa.Integer(), nullable=False),
        sa.Column('changes', sa.Integer(), nullable=False),
        sa.Column('preset', sa.String(length=80), nullable=False),
        sa.Column('margin', sa.Double(), nullable=False),
        sa.Column('looked_at', sa.DateTime(), nullable=False),
        sa.Column('note', sa.Text(), nullable=False),
        sa.Column('note_at', sa.DateTime(), nullable=True),
        sa.CheckConstraint("mode IN ('off', 'daily', 'weekly', 'changes')", name=op.f('ck_reindex_plan_mode_known')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_reindex_plan')),
    )


def downgrade() -> None:
    op.drop_table('reindex_plan')
    op.drop_table('build_comparisons')
    op.drop_table('photo_sets')
    op.drop_index('ix_stage_timings_stage_at', 'stage_timings')
    op.drop_table('stage_timings')
