"""The part of the study page that changes from card to card, filled into a shape that is kept (`app.web.moulds`)."""

from collections.abc import Hashable, Sequence
from datetime import date
from typing import Any
from urllib.parse import quote

from flask import render_template, request
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from app.scheduling.state import Grade
from app.study.asking import Screen
from app.study.question import Question
from app.study.views.words import brings, cards_left, grade_name, said_day, seen_times
from app.web.moulds import Hole, Moulds, Shaped
from app.web.sessions import Viewer
from app.web.words import language

TEMPLATE = "study/_session.html"
_moulds = Moulds()


def session_part(page: Screen, person: Viewer, grades: Sequence[Grade], key: str) -> str:
    """What `TEMPLATE` says of a question that is asked, with nothing revealed, marked or noticed."""
    question = page.question
    if question is None:
        raise ValueError("Nothing is asked.")
    token = generate_csrf()

    def render() -> str:
        values: dict[str, Any] = {
            "page": _shaped(page, question, grades),
            "person": person,
            "revealed": False,
            "notice": "",
            "marked": None,
            "key": Hole("key"),
            "grades": grades,
            "typed": "",
            "chosen": [],
            "scope": page.scope.address,
        }
        return render_template(TEMPLATE, **values).replace(token, str(Hole("csrf")))

    values = {"key": key, "csrf": token} | _of_page(page) | _of_question(question, grades, page.study_day)
    return _moulds.filled(_shape(page, question, person, grades), render, values)


def _shape(page: Screen, question: Question, person: Viewer, grades: Sequence[Grade]) -> Hashable:
    """All that decides what the template says, but for the texts of `_of_page` and `_of_question`."""
    past, note = question.past, question.note
    return (
        language(),
        request.root_path,
        tuple(person.keys.items()),
        person.type_answer,
        len(grades),
        page.scope,
        page.title,
        page.undo is None,
        page.redo is None,
        question.standing,
        question.flagged,
        question.leech,
        question.may_edit,
        question.tags,
        tuple((option.key, option.right) for option in question.options),
        not question.title_html,
        not question.body_html,
        not question.answer_html,
        not note.html,
        not note.text,
        past is None,
        past is None or not past.missed,
    )


def _shaped(page: Screen, question: Question, grades: Sequence[Grade]) -> Shaped:
    """The page with holes, as `_shape` says it is."""
    past, note = question.past, question.note

    def some(name: str, text: Any) -> Any:
        return Hole(name, there=True) if text else text

    return Shaped(
        done=Hole("done"),
        total=Hole("total"),
        percent=Hole("percent"),
        left=Hole("left"),
        title=page.title,
        undo=some("undo", page.undo),
        redo=some("redo", page.redo),
        study_day=None,
        question=Shaped(
            guid=Hole("guid"),
            deck=Shaped(title=Hole("deck"), slug=Hole("slug")),
            number=Hole("number"),
            standing=question.standing,
            title_html=some("title", question.title_html),
            body_html=some("body", question.body_html),
            answer_html=some("answer", question.answer_html),
            options=question.options,
            options_html=[Hole(f"option{place}") for place, _ in enumerate(question.options_html)],
            right=question.right,
            tags=question.tags,
            version=Hole("version"),
            outcomes={grade: Hole(f"brings{grade:d}") for grade in grades},
            past=past
            and Shaped(
                seen=Hole("seen"), missed=some("missed", past.missed), last_grade=Hole("last"), last_day=Hole("day")
            ),
            flagged=question.flagged,
            leech=question.leech,
            lapses=Hole("lapses"),
            note=Shaped(html=some("notehtml", note.html), text=some("note", note.text), version=Hole("noteversion")),
            may_edit=question.may_edit,
        ),
    )


def _of_page(page: Screen) -> dict[str, Any]:
    return {
        "done": page.done,
        "total": page.total,
        "percent": page.percent,
        "left": page.left,
        "leftsaid": cards_left(page.left),
        "undo": page.undo,
        "redo": page.redo,
    }


def _of_question(question: Question, grades: Sequence[Grade], today: date) -> dict[str, Any]:
    past, note = question.past, question.note
    values: dict[str, Any] = {
        "guid": question.guid,
        "deck": question.deck.title,
        "slug": quote(question.deck.slug),
        "number": question.number,
        "title": Markup(question.title_html),  # noqa: S704  # HTML of ours, as the template has it
        "body": Markup(question.body_html),  # noqa: S704
        "answer": Markup(question.answer_html),  # noqa: S704
        "version": question.version,
        "lapses": question.lapses,
        "notehtml": Markup(note.html),  # noqa: S704
        "note": note.text,
        "noteversion": note.version,
    }
    for place, html in enumerate(question.options_html):
        values[f"option{place}"] = Markup(html)  # noqa: S704
    for grade in grades:
        values[f"brings{grade:d}said"] = brings(question.outcomes[grade], today)
    if past is not None:
        values |= {"seensaid": seen_times(past.seen), "missed": past.missed}
        values |= {"lastsaid": grade_name(past.last_grade), "daysaid": said_day(past.last_day, today)}
    return values
