"""A browser's User-Agent in words a person recognises: “Firefox on Linux”."""

from flask_babel import gettext as _

from app.web.words import kept

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Safari/", "Safari"),
)
"""Marks, the more telling first: most browsers also claim to be the ones below."""


def in_words(agent: str) -> str:
    """Browser and kind of device, as far as the agent tells."""
    return kept(("agent", agent), lambda: _in_words(agent))


def _in_words(agent: str) -> str:
    browser = next((name for mark, name in _BROWSERS if mark in agent), "") or _("A browser")
    place = _place(agent)
    return str(_("%(browser)s on %(place)s", browser=browser, place=place) if place else browser)


def _place(agent: str) -> str:
    places = (
        ("iPhone", _("an iPhone")),
        ("iPad", _("an iPad")),
        ("Android", _("a phone") if "Mobile" in agent else _("a tablet")),
        ("Windows", "Windows"),
        ("CrOS", "ChromeOS"),
        ("Macintosh", "macOS"),
        ("Linux", "Linux"),
    )
    return next((words for mark, words in places if mark in agent), "")
