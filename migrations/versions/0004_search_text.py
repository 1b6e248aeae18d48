"""Full-text search over works, and keys to sort them by

Revises: 0003
Created: 2026-11-21
"""

import sqlalchemy as sa
from alembic import context, op

from app.catalogue import fulltext
from app.catalogue.derived import SEARCHED, derived

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

WINDOW = 1000
SORTED = sa.Text().with_variant(sa.Text(collation='C'), 'postgresql')
INDEXES = {
    'ix_artworks_by_title': ['hidden', 'sort_title', 'id'],
    'ix_artworks_by_artist': ['hidden', 'sort_artist', 'sort_title', 'id'],
    'ix_artworks_by_year': ['hidden', 'sort_year', 'sort_title', 'id'],
    'ix_artworks_by_age': ['hidden', 'created_at', 'id'],
}


def upgrade() -> None:
    # in place, without a batch: a table that is made anew would lose what other migrations hang on it
    op.add_column('artworks', sa.Column('sort_title', SORTED, nullable=False, server_default=''))
    op.add_column('artworks', sa.Column('sort_artist', SORTED, nullable=False, server_default=''))
    op.add_column('artworks', sa.Column('sort_year', sa.Integer(), nullable=False, server_default='9999'))
    if not context.is_offline_mode():  # printed SQL can fold no words
        fill(op.get_bind())
    for name, columns in INDEXES.items():
        op.create_index(name, 'artworks', columns)
    fulltext.create(op.get_bind())


def fill(connection: sa.Connection) -> None:
    """Make the derived columns of every work from its own words and its artists'."""
    fields = (*SEARCHED, 'year_from', 'year_to')
    works = sa.table('artworks', sa.column('id'), *(sa.column(name) for name in (*fields, *derived({}, []))))
    wanted = [works.c.id, *(works.c[name] for name in fields)]
    update = sa.update(works).where(works.c.id == sa.bindparam('pk')).values({n: sa.bindparam(n) for n in derived({}, [])})
    last = 0
    while rows := connection.execute(sa.select(*wanted).where(works.c.id > last).order_by(works.c.id).limit(WINDOW)).mappings().all():
        first, last = rows[0]['id'], rows[-1]['id']
        artists = artists_of(connection, first, last)
        connection.execute(update, [{'pk': row['id'], **derived(row, artists.get(row['id'], []))} for row in rows])


def artists_of(connection: sa.Connection, first: int, last: int) -> dict[int, list[tuple[str, str]]]:
    """(sort_name, name) of the artists of works first … last, in the catalogue's order."""
    found: dict[int, list[tuple[str, str]]] = {}
    query = sa.text(
        'SELECT c.artwork_id, a.sort_name, a.name FROM credits c JOIN artists a ON a.id = c.artist_id '
        'WHERE c.artwork_id BETWEEN :first AND :last ORDER BY c.artwork_id, c.position'
    )
    for pk, sort_name, name in connection.execute(query, {'first': first, 'last': last}):
        found.setdefault(pk, []).append((sort_name, name))
    return found


def downgrade() -> None:
    fulltext.drop(op.get_bind())
    for name in INDEXES:
        op.drop_index(name, 'artworks')
    for name in ('sort_year', 'sort_artist', 'sort_title'):
        op.drop_column('artworks', name)
