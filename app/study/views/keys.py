"""Changing keys, and what templates say of them."""

import json
from functools import partial
from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.study import keys
from app.study.views.blueprint import blueprint
from app.web.access import Access, access
from app.web.database import transact
from app.web.pages import may_edit_decks, shown
from app.web.sessions import require_viewer, viewer

STUDYING = ("again", "hard", "good", "easy", "undo", "redo", "bury", "suspend", "flag", "note")
EVERYWHERE = ("search", "library", "progress")
EDITING = ("edit",)


@blueprint.route("/settings/keys", methods=["GET", "POST"])
@access(Access.LEARNER)
def change_keys() -> Response:
    """The keys of this person, one a row; a key in use is refused at its row."""
    person = require_viewer()
    now = keys.keymap(person.keys)
    if request.method == "GET":
        return _rows(now, {}, person.shortcuts)
    if "reset" in request.form:
        wanted, single = dict(keys.ORIGINAL), person.shortcuts
    else:
        # What the page does not offer this person keeps its key.
        wanted = {act: request.form.get(act, key).strip().casefold()[:8] for act, key in now.items()}
        single = "shortcuts" in request.form
    if wrong := keys.clashes(wanted):
        return _rows(wanted, wrong, single)
    transact(partial(keys.save, user_id=person.id, wanted=wanted, shortcuts=single))
    flash(_("Your keys are saved."))
    return redirect(url_for(".change_keys"), 303)


def _rows(wanted: dict[str, str], wrong: dict[str, str], single: bool) -> Response:
    groups = {"studying": STUDYING, "everywhere": EVERYWHERE, "editing": EDITING if may_edit_decks() else ()}
    said = {act: _said(reason, wanted[act]) for act, reason in wrong.items()}
    status = 422 if wrong else 200
    return shown("study/keys.html", status, area="settings", wanted=wanted, wrong=said, groups=groups, single=single)


def _said(reason: str, key: str) -> str:
    if reason == keys.Refused.NO_KEY:
        return str(_("Enter one letter, digit or sign."))
    if reason == keys.Refused.LIST:
        return str(_("? always opens the list of keys. Choose another key."))
    if reason == keys.Refused.DIGIT:
        return str(_("The digits 0 to 5 are for grades. Choose another key."))
    return str(_("%(key)s already does this: %(what)s. Choose another key.", key=key.upper(), what=does(reason)))


@blueprint.app_template_filter()
def does(act: str) -> str:
    """What a key does, as lists of keys say it."""
    names = {
        "again": _("Again"),
        "hard": _("Hard"),
        "good": _("Good"),
        "easy": _("Easy"),
        "undo": _("Undo the last grade"),
        "redo": _("Redo"),
        "bury": _("Bury until tomorrow"),
        "suspend": _("Suspend"),
        "flag": _("Flag"),
        "note": _("Write a note"),
        "search": _("Search"),
        "library": _("To the library"),
        "progress": _("To your progress"),
        "edit": _("Edit this card"),
    }
    return str(names[act])


def key_of(act: str) -> str:
    """The key that does it for who is signed in, as it is printed on keyboards."""
    person = viewer()
    return keys.keymap(person.keys if person else {})[act].upper()


def key_attributes() -> dict[str, Any]:
    """What scripts know of keys: attributes of `<body>`. Without single keys there are none."""
    person = viewer()
    if person is None or not person.shortcuts:
        return {}
    return {"data-keys": "on", "data-keymap": json.dumps(keys.by_key(person.keys, person.grade_scale))}


blueprint.add_app_template_global(key_of, "key_of")
blueprint.add_app_template_global(key_attributes, "key_attributes")
