"""What decks are called in addresses and on the command line."""

import re
import unicodedata
from collections.abc import Collection, Iterator
from pathlib import PurePosixPath

MAX_SLUG = 100
_RESERVED = {"new"}
"""Words that stand where a slug would in the portal's own addresses."""


def slugify(text: str, *, otherwise: str = "deck") -> str:
    """Lower case, and hyphens for all that is neither letter nor digit; letters of every script are kept."""
    plain = unicodedata.normalize("NFKC", text).lower()
    slug = re.sub(r"[\W_]+", "-", plain).strip("-")[:MAX_SLUG].strip("-") or otherwise
    return f"{slug}-{otherwise}" if slug in _RESERVED else slug


def is_slug(text: str) -> bool:
    """Whether a text can be a deck's slug as it is."""
    return slugify(text) == text


def of_file(name: str) -> str:
    """A deck's slug from its file's name without the ending."""
    return slugify(PurePosixPath(name).stem)


def candidates(name: str, collection: str) -> Iterator[str]:
    """Slugs for a file of a folder, the plain one first, for as long as the ones before are taken."""
    path = PurePosixPath(name)
    yield of_file(name)
    if path.parent.name:
        yield slugify(f"{path.parent.name}-{path.stem}")
    yield slugify(f"{collection}-{path.stem}")
    number = 2
    while True:
        yield f"{of_file(name)[: MAX_SLUG - 8]}-{number}"
        number += 1


def free(wanted: str, taken: Collection[str]) -> str:
    """`wanted`, or with the first number behind it that makes it free."""
    if wanted not in taken:
        return wanted
    number = 2
    while f"{wanted[: MAX_SLUG - 8]}-{number}" in taken:
        number += 1
    return f"{wanted[: MAX_SLUG - 8]}-{number}"
