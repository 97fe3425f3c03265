"""Words, labels and addresses as templates ask for them: looked up or built once a language, then kept.

A page says some thirty sentences and a dozen addresses. Flask-Babel and Flask find out anew for each of them which
request, language and application it is for; that took half of the time that a page takes.
"""

from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from flask import Flask, g, has_app_context, has_request_context, request
from flask_babel import Domain, get_babel, get_translations
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

Kept = dict[Any, str]
MOST_KEPT = 5_000
"""So many sentences and labels of a language are kept; after that it starts over."""
_MOST_ADDRESSES = 2_000
_kept: WeakKeyDictionary[Any, Kept] = WeakKeyDictionary()


class Words(Domain):  # type: ignore[misc]  # Flask-Babel ships no types
    """The portal's words, looked up once a request and not once a sentence."""

    def get_translations(self) -> Any:
        """The words in the language of this request."""
        if not has_app_context():
            return super().get_translations()
        found = g.get("words")
        if found is None:
            found = g.words = super().get_translations()
        return found


def _of_language() -> tuple[Any, Kept]:
    """The words of this request's language, and what is kept of them."""
    found: tuple[Any, Kept] | None = g.get("language")
    if found is None:
        translations = get_translations()
        kept = _kept.get(translations)
        if kept is None or len(kept) > MOST_KEPT:
            kept = _kept[translations] = {}
        found = g.language = translations, kept
    return found


def language() -> Hashable:
    """What stands for the language of this request: what is made of its words is the same for the same value."""
    return _of_language()[0]  # type: ignore[no-any-return]


def kept(key: tuple[Any, ...], make: Callable[[], str]) -> str:
    """What `make` gives in the language of this request, made once for each `key`."""
    _, known = _of_language()
    label = known.get(key)
    if label is None:
        label = known[key] = make()
    return label


@pass_eval_context
def _gettext(context: EvalContext, message: str, /, **values: Any) -> str:
    """Jinja's own `gettext` of the new style: values are escaped where the template escapes."""
    translations, known = _of_language()
    key = (message, context.autoescape)
    said = known.get(key)
    if said is None:
        said = translations.ugettext(message)
        said = known[key] = Markup(said) if context.autoescape else said  # noqa: S704  # our own words
    return said % values


@pass_eval_context
def _plain_gettext(context: EvalContext, message: str, /, **values: Any) -> str:
    """`_gettext`, the sentence without values kept whole."""
    if values:
        return _gettext(context, message, **values)
    return kept((message, context.autoescape, "whole"), lambda: _gettext(context, message))


@pass_eval_context
def _ngettext(context: EvalContext, singular: str, plural: str, num: int, /, **values: Any) -> str:
    """Jinja's own `ngettext` of the new style."""
    translations, _ = _of_language()
    said = translations.ungettext(singular, plural, num)
    values.setdefault("num", num)
    return (Markup(said) if context.autoescape else said) % values  # noqa: S704  # our own words


def init_app(app: Flask) -> None:
    """Let templates say words and addresses this way."""
    get_babel(app).instance.domain_instance = Words()

    @lru_cache(_MOST_ADDRESSES)
    def built(_root: str, _method: str, endpoint: str, values: tuple[tuple[str, Any], ...]) -> str:
        return app.url_for(endpoint, **dict(values))

    def address(endpoint: str, **values: Any) -> str:
        """`url_for` of templates. What depends on more than its values is built anew."""
        plain = all(type(value) in (str, int, type(None)) for value in values.values())
        if not plain or endpoint[0] == "." or not has_request_context() or "_external" in values:
            return app.url_for(endpoint, **values)
        return built(request.root_path, request.method, endpoint, tuple(values.items()))

    app.jinja_env.globals.update(_=_plain_gettext, gettext=_plain_gettext, ngettext=_ngettext, url_for=address)
