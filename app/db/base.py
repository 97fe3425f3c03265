"""What every model shares: the declarative base, constraint names, and column types."""

import secrets
from datetime import UTC, date, datetime
from typing import Annotated, Any, ClassVar

from sqlalchemy import JSON, BigInteger, Date, Dialect, Enum, Integer, MetaData, SmallInteger, String, Text
from sqlalchemy import DateTime as _DateTime
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Utc(TypeDecorator[datetime]):
    """An instant. Aware datetimes in, aware UTC datetimes out; a naive one is refused rather than guessed."""

    impl = _DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store UTC; SQLite keeps no zone, so the zone is taken off there."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("An instant needs a time zone.")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give every instant back in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


BigId = BigInteger().with_variant(Integer, "sqlite")
"""A 64-bit key; SQLite numbers rows by itself only for a column of type INTEGER."""

Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


_LETTERS = b"0123456789abcdefghjkmnpqrstvwxyz" * 8
"""The letter of each byte: five of its bits tell."""


def new_guid() -> str:
    """A random public name: 16 characters, 80 bits, of an alphabet that survives being read aloud."""
    return secrets.token_bytes(16).translate(_LETTERS).decode("ascii")


def words(*values: str, name: str) -> Enum:
    """An enumeration kept as text with a CHECK of its own, so that adding a word is an ordinary migration."""
    return Enum(*values, name=name, native_enum=False, create_constraint=True, length=24, validate_strings=True)


class Base(DeclarativeBase):
    """Declarative base: names for every constraint, Python types mapped once."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Utc,
        date: Date,
        str: Text,
        int: Integer,
        list[str]: Json,
        dict[str, Any]: Json,
        list[dict[str, Any]]: Json,
    }


Id = Annotated[int, mapped_column(BigId, primary_key=True)]
Guid = Annotated[str, mapped_column(String(32), unique=True, default=new_guid)]
Small = Annotated[int, mapped_column(SmallInteger)]
