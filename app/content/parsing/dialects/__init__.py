"""The dialect families. Each module holds one class of the shape of `reading.Dialect`; this list is the registry."""

from app.content.parsing.dialects.headings import Headings
from app.content.parsing.reading import Dialect

REGISTRY: tuple[Dialect, ...] = (Headings(),)
