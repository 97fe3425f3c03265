"""Alembic's environment: migrations run on the connection that `app.db.migrate` hands over."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection

from app.config import Settings
from app.db import models as _models  # noqa: F401  # registers every table
from app.db import search_index
from app.db.base import Base, Utc
from app.db.session import make_engine


def _render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Migrations name no type of ours, so that they outlive it."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Utc) else False


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        compare_server_default=True,
        render_item=_render,
        include_name=lambda name, kind, _parents: not (kind == "table" and search_index.is_part(name or "")),
    )
    with context.begin_transaction():
        context.run_migrations()


given: Any = context.config.attributes.get("connection")
if isinstance(given, Connection):
    _run(given)
else:
    with make_engine(Settings.from_environment().database_url).connect() as fresh:
        _run(fresh)
