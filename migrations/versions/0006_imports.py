"""What each import did to every work, so that it can be told and undone; mappings of columns

Revises: 0005
Created: 2026-11-21
"""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

ADDED = ('job_id', 'written_at', 'undone_at', 'details')


def upgrade() -> None:
    op.add_column('import_runs', sa.Column('job_id', sa.String(length=32), nullable=True))
    op.add_column('import_runs', sa.Column('written_at', sa.DateTime(), nullable=True))
    op.add_column('import_runs', sa.Column('undone_at', sa.DateTime(), nullable=True))
    op.add_column('import_runs', sa.Column('details', sa.JSON(), nullable=False, server_default='{}'))
    op.create_index(op.f('ix_import_runs_job_id'), 'import_runs', ['job_id'])
    op.create_table(
        'import_changes',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('run_id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=10), nullable=False),
        sa.Column('line', sa.Integer(), nullable=False),
        sa.Column('artwork_id', sa.Integer(), nullable=True),
        sa.Column('source_id', sa.String(length=200), nullable=False),
        sa.Column('title', sa.Text(), nullable=False),
        sa.Column('before', sa.JSON(), nullable=False),
        sa.Column('after', sa.JSON(), nullable=False),
        sa.Column('missing', sa.JSON(), nullable=False),
        sa.Column('likes', sa.JSON(), nullable=False),
        sa.Column('missing_count', sa.Integer(), nullable=False),
        sa.Column('likes_count', sa.Integer(), nullable=False),
        sa.Column('undone', sa.String(length=10), nullable=False),
        sa.Column('kept_because', sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('added', 'changed', 'unchanged')", name=op.f('ck_import_changes_kind_known')),
        sa.ForeignKeyConstraint(
            ['run_id'], ['import_runs.id'], name=op.f('fk_import_changes_run_id_import_runs'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_import_changes')),
    )
    op.create_index('ix_import_changes_run_kind', 'import_changes', ['run_id', 'kind', 'id'])
    op.create_table(
        'import_mappings',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('collection', sa.String(length=200), nullable=False),
        sa.Column('columns', sa.JSON(), nullable=False),
        sa.Column('updated_at', sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_import_mappings')),
        sa.UniqueConstraint('collection', name=op.f('uq_import_mappings_collection')),
    )


def downgrade() -> None:
    op.drop_table('import_mappings')
    op.drop_table('import_changes')
    op.execute("DELETE FROM import_runs WHERE dry_run")  # an older version has no page for them
    op.drop_index(op.f('ix_import_runs_job_id'), 'import_runs')
    for name in reversed(ADDED):
        op.drop_column('import_runs', name)
