"""The search index `card_search`: derived from `card`, kept by triggers in the transaction that changes a card.

It is no part of the models: on SQLite it is a full-text table over two columns of `card`, on PostgreSQL a table of
`tsvector`s. `reprise db upgrade` makes it, fills it, and makes it anew where its definition changed or a migration that
rebuilt `card` took the triggers along. Why triggers: docs/adr/0022.
"""

import hashlib

from sqlalchemy import Connection, inspect, text

NAME = "card_search"

_SQLITE_TABLE = """CREATE VIRTUAL TABLE card_search USING fts5(search_title, search_text, content='card', content_rowid='id',
 tokenize="unicode61 remove_diacritics 0 categories 'L* N* M* Co'", prefix='2 3')"""
_SQLITE_FILL = "INSERT INTO card_search(card_search) VALUES ('rebuild')"
_PUT = "INSERT INTO card_search(rowid, search_title, search_text) VALUES (new.id, new.search_title, new.search_text);"
_TAKE = """INSERT INTO card_search(card_search, rowid, search_title, search_text)
 VALUES ('delete', old.id, old.search_title, old.search_text);"""
_SQLITE_TRIGGERS = {
    "card_search_insert": f"CREATE TRIGGER card_search_insert AFTER INSERT ON card BEGIN {_PUT} END",
    "card_search_delete": f"CREATE TRIGGER card_search_delete AFTER DELETE ON card BEGIN {_TAKE} END",
    "card_search_update": f"""CREATE TRIGGER card_search_update AFTER UPDATE OF search_title, search_text ON card
 WHEN old.search_title IS NOT new.search_title OR old.search_text IS NOT new.search_text BEGIN {_TAKE} {_PUT} END""",
}

_POSTGRESQL = (
    # Cast, not to_tsvector: its parser would take "node.js" or "1e5" for one word, and the terms are parted already.
    r"""CREATE FUNCTION card_search_terms(indexed text) RETURNS tsvector LANGUAGE sql IMMUTABLE AS $$
 SELECT coalesce(string_agg('''' || replace(replace(left(term, 64), '\', '\\'), '''', '''''') || ''':' || place, ' '), '')
 ::tsvector FROM unnest(string_to_array(left(indexed, 100000), ' ')) WITH ORDINALITY AS one(term, place)
 WHERE term <> '' AND place <= 16383 $$""",
    """CREATE FUNCTION card_search_words(title text, body text) RETURNS tsvector LANGUAGE sql IMMUTABLE AS $$
 SELECT setweight(card_search_terms(title), 'A') || card_search_terms(body) $$""",
    """CREATE FUNCTION card_search_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
 INSERT INTO card_search VALUES (NEW.id, card_search_words(NEW.search_title, NEW.search_text))
 ON CONFLICT (card_id) DO UPDATE SET words = excluded.words; RETURN NULL; END $$""",
    """CREATE TABLE card_search (card_id bigint PRIMARY KEY REFERENCES card (id) ON DELETE CASCADE,
 words tsvector NOT NULL)""",
    "INSERT INTO card_search SELECT id, card_search_words(search_title, search_text) FROM card",
    "CREATE INDEX ix_card_search_words ON card_search USING gin (words)",
    """CREATE TRIGGER card_search_insert AFTER INSERT ON card
 FOR EACH ROW EXECUTE FUNCTION card_search_keep()""",
    """CREATE TRIGGER card_search_update AFTER UPDATE OF search_title, search_text ON card FOR EACH ROW
 WHEN (OLD.search_title IS DISTINCT FROM NEW.search_title OR OLD.search_text IS DISTINCT FROM NEW.search_text)
 EXECUTE FUNCTION card_search_keep()""",
)
_DROP = {
    "sqlite": (*(f"DROP TRIGGER IF EXISTS {name}" for name in _SQLITE_TRIGGERS), "DROP TABLE IF EXISTS card_search"),
    "postgresql": (
        "DROP TRIGGER IF EXISTS card_search_insert ON card",
        "DROP TRIGGER IF EXISTS card_search_update ON card",
        "DROP TABLE IF EXISTS card_search",
        "DROP FUNCTION IF EXISTS card_search_keep, card_search_words, card_search_terms",
    ),
}


def is_part(table: str) -> bool:
    """Whether a table belongs to the index; SQLite keeps it in several."""
    return table.startswith(NAME)


def ensure(connection: Connection) -> bool:
    """Make the index where it is missing, lacks a trigger or has an older definition; gives whether it was made.

    Changes nothing where `card` has no columns for it yet. Within the caller's transaction.
    """
    schema = inspect(connection)
    if not schema.has_table("card") or "search_title" not in {one["name"] for one in schema.get_columns("card")}:
        return False
    if (_is_there_sqlite if connection.dialect.name == "sqlite" else _is_there_postgresql)(connection):
        return False
    remake(connection)
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ANALYZE card_search")  # a planner that knows nothing of it reads it from end to end
    return True


def remake(connection: Connection) -> None:
    """Make the index anew from the cards, whatever there was. Within the caller's transaction."""
    drop(connection)
    for statement in _made(connection.dialect.name):
        connection.exec_driver_sql(statement)


def drop(connection: Connection) -> None:
    """Take the index away until the next `ensure`, if there is one. Within the caller's transaction."""
    for statement in _DROP[connection.dialect.name]:
        connection.exec_driver_sql(statement)


def differences(connection: Connection) -> int:
    """How many cards the index does not know as they are; -1 where SQLite says only that there are some."""
    if connection.dialect.name == "sqlite":
        try:
            connection.exec_driver_sql("INSERT INTO card_search(card_search, rank) VALUES ('integrity-check', 1)")
        except Exception as error:
            if "malformed" in str(error):
                return -1
            raise
        return 0
    counted = connection.execute(
        text(
            "SELECT count(*) FROM card FULL JOIN card_search ON card_id = id"
            " WHERE words IS DISTINCT FROM card_search_words(search_title, search_text)"
        )
    )
    return int(counted.scalar_one())


def _made(dialect: str) -> tuple[str, ...]:
    if dialect == "sqlite":
        return (_SQLITE_TABLE, _SQLITE_FILL, *_SQLITE_TRIGGERS.values())
    return (*_POSTGRESQL, f"COMMENT ON TABLE {NAME} IS '{_definition()}'")


def _definition() -> str:
    return hashlib.sha256("".join(_POSTGRESQL).encode()).hexdigest()[:16]


def _is_there_sqlite(connection: Connection) -> bool:
    rows = connection.execute(
        text("SELECT name, sql FROM sqlite_master WHERE name LIKE 'card_search%' AND type IN ('table', 'trigger')")
    )
    stored = {row.name: row.sql for row in rows}
    return all(stored.get(name) == sql for name, sql in {NAME: _SQLITE_TABLE, **_SQLITE_TRIGGERS}.items())


def _is_there_postgresql(connection: Connection) -> bool:
    comment = connection.scalar(text("SELECT obj_description(to_regclass('card_search'), 'pg_class')"))
    triggers = connection.scalar(
        text("SELECT count(*) FROM pg_trigger WHERE tgrelid = 'card'::regclass AND tgname LIKE 'card_search%'")
    )
    return bool(comment == _definition() and triggers == 2)
