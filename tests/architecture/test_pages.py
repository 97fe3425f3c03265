"""Promises of every route and every template."""

from __future__ import annotations

import re
from pathlib import Path

from flask import Flask

from app.web.access import level_of

TEMPLATES = Path(__file__).resolve().parents[2] / "app" / "templates"
SAFE = {"GET", "HEAD", "OPTIONS"}


def _templates() -> list[str]:
    return sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html"))


def test_every_route_declares_who_may_call_it(app: Flask) -> None:
    undeclared = {rule.endpoint for rule in app.url_map.iter_rules() if level_of(app, rule.endpoint) is None}
    assert not undeclared


def test_every_template_compiles_and_is_used(app: Flask) -> None:
    sources = {name: (TEMPLATES / name).read_text(encoding="utf-8") for name in _templates()}
    code = "\n".join(path.read_text(encoding="utf-8") for path in (TEMPLATES.parent).rglob("*.py"))
    everything = code + "\n".join(sources.values())
    for name in sources:
        app.jinja_env.get_template(name)
        used = name in everything or name.removeprefix("errors/").removesuffix(".html") in code
        assert used, f"{name} is used nowhere"


def test_templates_hold_no_script_and_no_style_of_their_own() -> None:
    """The content policy forbids them; so a page that had one would be broken."""
    for name in _templates():
        source = (TEMPLATES / name).read_text(encoding="utf-8")
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=\"|javascript:|<script(?![^>]*\ssrc=)", source), name
        assert not re.search(r"(?:src|href)=\"https?://", source), f"{name} names another site"


def test_words_on_pages_are_wrapped() -> None:
    """Every word between tags goes through Babel: a translation is a file, not a search."""
    for name in _templates():
        source = (TEMPLATES / name).read_text(encoding="utf-8")
        source = re.sub(r"\{%-?\s*trans\b.*?endtrans\s*-?%\}", " ", source, flags=re.DOTALL)
        source = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", " ", source, flags=re.DOTALL)
        source = re.sub(r"<kbd[^>]*>.*?</kbd>|<code[^>]*>.*?</code>|<[^>]+>", " ", source, flags=re.DOTALL)
        source = re.sub(r"&[a-z#0-9]+;", " ", source)
        bare = re.findall(r"[A-Za-z]{3,}", source)
        assert not bare, f"{name}: {bare[:5]}"
