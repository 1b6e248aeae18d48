"""Figures by the hour and by collection; what the statistics page sums up

Revises: 0008
Created: 2026-11-21
"""

from collections import defaultdict
from datetime import datetime, time

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None

UNANSWERED = sa.text("verdict <> 'identified' AND photo_path IS NOT NULL")
KEPT = ('verdict', 'way', 'feedback')  # measures of a day that are counts still
AT_ONCE = 500

searches = sa.table(
    'searches', sa.column('id'), sa.column('created_at', sa.DateTime()), sa.column('verdict'), sa.column('artwork_id'),
    sa.column('result', sa.JSON()), sa.column('proof', sa.JSON()), sa.column('found', sa.JSON()), sa.column('collection_id'),
)
daily = sa.table(
    'daily_statistics', sa.column('day', sa.Date()), sa.column('measure'), sa.column('label'), sa.column('value'),
)
rollups = sa.table(
    'rollups', sa.column('span'), sa.column('begin', sa.DateTime()), sa.column('collection_id'),
    sa.column('rolled_at', sa.DateTime()), sa.column('figures', sa.JSON()), sa.column('found', sa.JSON()),
)
artworks = sa.table('artworks', sa.column('id'), sa.column('collection_id'))


def upgrade() -> None:
    known = sa.CheckConstraint("verdict IN ('identified', 'uncertain', 'not_in_catalogue')", name=op.f('ck_searches_verdict_known'))
    sqlite = op.get_context().dialect.name == 'sqlite'
    with op.batch_alter_table('searches', table_args=(known,), recreate='always' if sqlite else 'auto') as batch_op:
        before = 'total_ms'
        for column in (
            sa.Column('device', sa.String(length=10), nullable=False, server_default='unknown'),
            sa.Column('language', sa.String(length=10), nullable=False, server_default='unknown'),
            sa.Column('collection_id', sa.Integer(), nullable=True),
            sa.Column('found', sa.JSON(), nullable=False, server_default='[]'),
        ):
            # SQLite reads a row from its beginning: the short columns come before the long ones
            batch_op.add_column(column, **({'insert_after': before} if sqlite else {}))
            before = column.name
        batch_op.create_foreign_key(
            batch_op.f('fk_searches_collection_id_collections'), 'collections', ['collection_id'], ['id'], ondelete='SET NULL'
        )
        batch_op.create_index(batch_op.f('ix_searches_collection_id'), ['collection_id'])
    op.create_index(
        'ix_searches_unanswered', 'searches', ['created_at'], sqlite_where=UNANSWERED, postgresql_where=UNANSWERED
    )
    op.create_index(op.f('ix_feedback_at'), 'feedback', ['at'])
    op.create_table(
        'rollups',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('span', sa.String(length=5), nullable=False),
        sa.Column('begin', sa.DateTime(), nullable=False),
        sa.Column('collection_id', sa.Integer(), nullable=False),
        sa.Column('rolled_at', sa.DateTime(), nullable=False),
        sa.Column('figures', sa.JSON(), nullable=False),
        sa.Column('found', sa.JSON(), nullable=False),
        sa.CheckConstraint("span IN ('hour', 'day', 'month', 'year')", name=op.f('ck_rollups_span_known')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_rollups')),
        sa.UniqueConstraint('span', 'collection_id', 'begin', name=op.f('uq_rollups_span_collection_id_begin')),
    )
    op.create_index(op.f('ix_rollups_rolled_at'), 'rollups', ['rolled_at'])
    if not op.get_context().as_sql:  # a printed upgrade has no rows to read
        fill_searches(op.get_bind())
        keep_days(op.get_bind())
    op.drop_index(op.f('ix_daily_statistics_day'), 'daily_statistics')
    op.drop_table('daily_statistics')


def fill_searches(connection: sa.Connection) -> None:
    """The works that each search found, and the collection of the nearest one, from its proof."""
    collection_of = dict(connection.execute(sa.select(artworks.c.id, artworks.c.collection_id)).all())
    last, chosen = '', sa.select(searches).order_by(searches.c.id).limit(AT_ONCE)
    while rows := connection.execute(chosen.where(searches.c.id > last)).all():
        for row in rows:
            proof, matches = row.proof or [], (row.result or {}).get('matches', [])
            sure = [one.get('artwork_pk') for one, match in zip(proof, matches) if match.get('verified')]
            found = [pk for pk in sure or [row.artwork_id] if pk] if row.verdict == 'identified' else []
            nearest = row.artwork_id or (proof[0].get('artwork_pk') if proof else None)
            values = {'found': found, 'collection_id': collection_of.get(nearest)}
            connection.execute(searches.update().where(searches.c.id == row.id).values(**values))
        last = rows[-1].id


def keep_days(connection: sa.Connection) -> None:
    """Days whose searches have all been deleted keep their old counts; the others are counted anew from the searches."""
    days = defaultdict(lambda: (defaultdict(dict), {}))
    for row in connection.execute(sa.select(daily)):
        figures, found = days[row.day]
        if row.measure in KEPT:
            figures[row.measure][row.label] = int(row.value)
        elif row.measure == 'found':
            found[row.label] = int(row.value)
    for day, (figures, found) in days.items():
        begin = datetime.combine(day, time.min)
        within = (searches.c.created_at >= begin, searches.c.created_at <= datetime.combine(day, time.max))
        if not figures or connection.scalar(sa.select(sa.exists().where(*within))):
            continue
        values = {'span': 'day', 'begin': begin, 'collection_id': 0, 'rolled_at': begin}
        connection.execute(rollups.insert().values(**values, figures=dict(figures), found=found))


def downgrade() -> None:
    op.create_table(
        'daily_statistics',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('measure', sa.String(length=40), nullable=False),
        sa.Column('label', sa.String(length=80), nullable=False),
        sa.Column('value', sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_daily_statistics')),
        sa.UniqueConstraint('day', 'measure', 'label', name=op.f('uq_daily_statistics_day_measure_label')),
    )
    op.create_index(op.f('ix_daily_statistics_day'), 'daily_statistics', ['day'])
    if not op.get_context().as_sql:
        give_days_back(op.get_bind())
    op.drop_table('rollups')
    op.drop_index(op.f('ix_feedback_at'), 'feedback')
    op.drop_index('ix_searches_unanswered', 'searches')
    known = sa.CheckConstraint("verdict IN ('identified', 'uncertain', 'not_in_catalogue')", name=op.f('ck_searches_verdict_known'))
    with op.batch_alter_table('searches', table_args=(known,)) as batch_op:
        batch_op.drop_index(batch_op.f('ix_searches_collection_id'))
        batch_op.drop_constraint(batch_op.f('fk_searches_collection_id_collections'), type_='foreignkey')
        for name in ('found', 'collection_id', 'language', 'device'):
            batch_op.drop_column(name)


def give_days_back(connection: sa.Connection) -> None:
    """The counts of each day; its percentiles are not among them."""
    query = sa.select(rollups).where(rollups.c.span == 'day', rollups.c.collection_id == 0)
    for row in connection.execute(query).all():
        counts = {(measure, label): count for measure in KEPT for label, count in row.figures.get(measure, {}).items()}
        counts |= {('found', label): count for label, count in row.found.items()}
        counts['searches', ''] = sum(row.figures.get('verdict', {}).values())
        values = [
            {'day': row.begin.date(), 'measure': measure, 'label': label, 'value': float(count)}
            for (measure, label), count in counts.items()
        ]
        connection.execute(daily.insert(), values)
