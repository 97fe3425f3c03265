"""The audit log forgets no page: each that changes something has its sentence there."""

from __future__ import annotations

from flask import Flask

from app.admin.audit_words import NOTED, READ_ONLY, WORDS
from app.web.access import Access, level_of


def test_every_form_of_editors_and_administrators_has_a_sentence_in_the_audit_log(app: Flask) -> None:
    """SECURITY.md 25. A form that changes nothing says so in READ_ONLY; one whose service notes more, in NOTED."""
    unsafe = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ())
        and (rule.endpoint.startswith("edit.") or (level_of(app, rule.endpoint) or Access.ANYONE) >= Access.EDITOR)
    }
    assert unsafe - READ_ONLY - set(NOTED) - set(WORDS) == set()
    assert set(NOTED.values()) <= set(WORDS)
    assert {name for name in WORDS if name.startswith("edit.")} | set(NOTED) | READ_ONLY <= unsafe
