"""Any Markdown Q&A to a deck: `parse` for text, `read` for bytes, `dialects` for what can be read."""

from app.content.document import Deck
from app.content.parsing.dialects import REGISTRY
from app.content.parsing.parser import parse
from app.content.text import MAX_BYTES, decode

__all__ = ["describe", "dialects", "parse", "read"]


def read(data: bytes, file: str, *, dialect: str | None = None, max_bytes: int = MAX_BYTES) -> Deck:
    """The deck of a file's bytes; `file` is the name shown to people, and its ending tells CSV and TSV.

    Raises ContentError as `decode` and `parse` do.
    """
    return parse(decode(data, file, max_bytes=max_bytes), file, dialect=dialect)


def dialects() -> tuple[str, ...]:
    """The names of the dialects, in the order a select box should list them."""
    return tuple(dialect.name for dialect in REGISTRY)


def describe(name: str) -> str:
    """One line on a dialect. Raises KeyError for an unknown name."""
    return {dialect.name: dialect.description for dialect in REGISTRY}[name]
