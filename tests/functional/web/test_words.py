"""Words and addresses in templates: kept between requests, and still those of each request."""

from flask import Flask, render_template_string, url_for

from app.web.pages import day_label, interval_label
from tests.builders import LONG_AGO

SAID = (
    '{{ _("Hello %(name)s, 100 %%", name=name) }}|{{ ngettext("%(num)s card", "%(num)s cards", 2) }}|{{ _("a < b") }}'
)


def test_values_are_escaped_in_pages_and_nowhere_else(app: Flask) -> None:
    plain = app.jinja_env.overlay(autoescape=False)
    for name, shown in (("<b>", "&lt;b&gt;"), ("&", "&amp;"), ("<b>", "&lt;b&gt;")):
        with app.test_request_context():
            page = render_template_string(SAID, name=name)
            mail = plain.from_string(SAID).render(name=name)
        assert page == f"Hello {shown}, 100 %|2 cards|a < b"
        assert mail == f"Hello {name}, 100 %|2 cards|a < b"


def test_addresses_are_those_of_the_request(app: Flask) -> None:
    asked = "{{ url_for('study.deck', slug=slug, tag=tag) }}"
    for root in ("http://a.example/", "http://a.example/below/", "http://b.example/"):
        for values in ({"slug": "one", "tag": None}, {"slug": "two", "tag": "x y"}, {"slug": "1", "tag": True}):
            with app.test_request_context(base_url=root):
                assert render_template_string(asked, **values) == url_for("study.deck", **values)
    with app.test_request_context(base_url="http://c.example/"):
        full = render_template_string("{{ url_for('study.study', _external=True) }}")
        assert full == "http://c.example/study"


def test_labels_are_made_for_what_they_say(app: Flask) -> None:
    day = LONG_AGO.date()
    with app.test_request_context():
        assert [interval_label(days) for days in (1, 90, 1, 900)] == ["1 d", "3 mo", "1 d", "2.5 y"]
        assert day_label(day, day) != day_label(day, day.replace(year=day.year + 1))
