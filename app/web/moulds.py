"""Templates rendered once with holes, and filled from then on.

Rendering a page takes as long as everything else that an answer needs, and from card to card only a few texts in it
change. So a template is rendered with a `Hole` for each of those; what comes out is kept under a key that names all that
decides its shape. A hole can be printed and passed on, nothing else: a template that compares one, counts it or asks
whether it is there fails at once, instead of showing one reader what was decided for another.
"""

import re
import secrets
from collections.abc import Callable, Hashable, Mapping
from functools import wraps
from typing import Any, NoReturn, TypeVar

from markupsafe import Markup, escape

Filter = TypeVar("Filter", bound=Callable[..., Any])
MOST_KEPT = 400
"""So many shapes of pages are kept, of some kilobytes each; after that they are made anew."""
_MARK = "h" + secrets.token_hex(12)
"""What no page says by chance. Letters and digits alone: they come through escaping and addresses as they are."""
_PLACE = re.compile(f"{_MARK}x([a-z0-9]+)x")


class Hole:
    """A place for the text that is called `name` (letters and digits)."""

    __slots__ = ("_there", "name")
    __hash__ = None  # type: ignore[assignment]  # no key of anything

    def __init__(self, name: str, *, there: bool = False) -> None:
        """`there`: the shape says that something is there, so a template may ask that much."""
        self.name = name
        self._there = there

    def __str__(self) -> str:
        return f"{_MARK}x{self.name}x"

    def __html__(self) -> str:
        return str(self)

    def __bool__(self) -> bool:
        return self._there or self._refuse()

    def _refuse(self, *_other: Any) -> NoReturn:
        raise TypeError(f"What is in {self.name!r} is not known while its page is shaped.")

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __len__ = __iter__ = _refuse
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __int__ = _refuse


class Shaped:
    """Stands in for an object of a page while that is shaped: it has what it was given, and says so of anything else."""

    def __init__(self, **has: Any) -> None:
        self.__dict__.update(has)

    def __getattr__(self, name: str) -> NoReturn:
        raise LookupError(f"A page that is kept as a shape asks for {name!r}, which nobody gave it.")

    __getitem__ = __getattr__


def passes_holes(said: Filter) -> Filter:
    """Have a filter make another hole of a hole: `said` behind its name, for what the filter says of its text."""

    @wraps(said)
    def passing(value: Any, *rest: Any) -> Any:
        return Hole(f"{value.name}said") if type(value) is Hole else said(value, *rest)

    return passing  # type: ignore[return-value]


def _escaped(value: Any) -> str:
    return str(value) if type(value) is int else escape(value)


class Moulds:
    """The shapes of one kind of page."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, tuple[list[str], list[str]]] = {}

    def filled(self, shape: Hashable, render: Callable[[], str], values: Mapping[str, Any]) -> str:
        """The page of this `shape`, which `render` makes with holes, with `values` in them, escaped where they are text."""
        found = self._kept.get(shape)
        if found is None:
            found = self._keep(shape, render())
        parts, names = found
        said = {name: value if type(value) is Markup else _escaped(value) for name, value in values.items()}
        filled = parts.copy()
        filled[1::2] = [said[name] for name in names]
        return "".join(filled)

    def _keep(self, shape: Hashable, page: str) -> tuple[list[str], list[str]]:
        parts = _PLACE.split(page)
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[shape] = parts, parts[1::2]
        return self._kept[shape]
