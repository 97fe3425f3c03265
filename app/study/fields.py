"""The fields of a JSON object from a stranger: each is what it is asked for, or `Wrong` says what is the matter."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, NoReturn

from app.scheduling.study_day import UnknownZone, zone_named

_GUID = re.compile(r"[0-9a-z]{1,32}")
_LONE = re.compile("[\ud800-\udfff]")
_EARLIEST = date(1970, 1, 1)


class Wrong(ValueError):
    """What is wrong with a record, so that “this line …” goes on with it."""


def record(text: bytes) -> dict[str, Any]:
    """The JSON object in `text`. Raises `Wrong`."""
    try:
        value = json.loads(text.decode("utf-8"), parse_constant=_no_number)
    except UnicodeDecodeError as error:
        raise Wrong("is not UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise Wrong("is no JSON") from error
    if not isinstance(value, dict):
        raise Wrong("is no JSON object")
    return value


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


@dataclass(frozen=True, slots=True)
class Fields:
    """A record, and the instant after which nothing in it can have happened."""

    values: dict[str, Any]
    latest: datetime

    def inner(self, name: str) -> "Fields":
        """An object in it."""
        return self._fields(name, self.values.get(name))

    def list(self, name: str, *, most: int) -> "Sequence[Fields]":
        """A list of objects."""
        return [self._fields(name, one) for one in self._list(name, most)]

    def texts(self, name: str, *, most: int, longest: int = 2_000) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(_text(name, one, longest) for one in self._list(name, most))

    def text(self, name: str, *, most: int) -> str:
        """A text of at most so many characters."""
        return _text(name, self.values.get(name), most)

    def text_or_none(self, name: str, *, most: int) -> str | None:
        """The same, or null."""
        return None if self.values.get(name) is None else self.text(name, most=most)

    def word(self, name: str, words: Sequence[str]) -> str:
        """One of some words."""
        value = self.values.get(name)
        if not isinstance(value, str) or value not in words:
            raise Wrong(f"has a {name} that there is not")
        return value

    def guid(self, name: str) -> str:
        """A public name."""
        value = self.values.get(name)
        if not isinstance(value, str) or not _GUID.fullmatch(value):
            raise Wrong(f"has no guid as its {name}")
        return value

    def guid_or_none(self, name: str) -> str | None:
        """The same, or null."""
        return None if self.values.get(name) is None else self.guid(name)

    def truth(self, name: str) -> bool:
        """True or false."""
        value = self.values.get(name)
        if not isinstance(value, bool):
            raise Wrong(f"says neither true nor false as its {name}")
        return value

    def number(self, name: str, least: int, most: int) -> int:
        """A whole number."""
        value = self.values.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise Wrong(f"has a {name} that is no whole number from {least} to {most}")
        return value

    def number_or_none(self, name: str, least: int, most: int) -> int | None:
        """The same, or null."""
        return None if self.values.get(name) is None else self.number(name, least, most)

    def day(self, name: str) -> date:
        """A date."""
        value = self.values.get(name)
        try:
            found = date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
        except ValueError:
            found = None
        if found is None or found < _EARLIEST:
            raise Wrong(f"has no date as its {name}")
        return found

    def day_or_none(self, name: str) -> date | None:
        """The same, or null."""
        return None if self.values.get(name) is None else self.day(name)

    def instant(self, name: str) -> datetime:
        """An instant with an offset that has passed, in UTC."""
        value = self.values.get(name)
        try:
            found = datetime.fromisoformat(value) if isinstance(value, str) and len(value) < 40 else None
            found = found.astimezone(UTC) if found is not None and found.tzinfo is not None else None
        except (ValueError, OverflowError):
            found = None
        if found is None or found.date() < _EARLIEST:
            raise Wrong(f"has no instant as its {name}")
        if found > self.latest:
            raise Wrong(f"lies in the future: its {name} is {found:%Y-%m-%d %H:%M} UTC")
        return found

    def instant_or_none(self, name: str) -> datetime | None:
        """The same, or null."""
        return None if self.values.get(name) is None else self.instant(name)

    def zone(self, name: str) -> str:
        """The IANA name of a time zone."""
        value = self.text(name, most=64)
        try:
            zone_named(value)
        except UnknownZone as error:
            raise Wrong(f"has a time zone that there is not: {value[:40]}") from error
        return value

    def _fields(self, name: str, value: Any) -> "Fields":
        if not isinstance(value, dict):
            raise Wrong(f"has no object as its {name}")
        return Fields(value, self.latest)

    def _list(self, name: str, most: int) -> Sequence[Any]:
        value = self.values.get(name)
        if not isinstance(value, list) or len(value) > most:
            raise Wrong(f"has no list of at most {most} as its {name}")
        return value


def _text(name: str, value: Any, most: int) -> str:
    if not isinstance(value, str) or len(value) > most:
        raise Wrong(f"has no text of at most {most} characters as its {name}")
    text: str = value
    if "\0" in text or (not text.isascii() and _LONE.search(text)):
        raise Wrong(f"has a character in its {name} that no text has")
    return text
