"""The portal's own choices."""

from functools import partial

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts import portal as portals
from app.accounts import queries
from app.admin.people_forms import PortalForm
from app.admin.views.blueprint import blueprint
from app.web.access import Access, access, fresh
from app.web.database import session, transact
from app.web.pages import forget_portal, shown


@blueprint.route("/portal", methods=["GET", "POST"])
@access(Access.ADMIN)
@fresh
def portal() -> Response:
    """What the portal is called, what it says to visitors, and who may register."""
    kept = queries.portal(session())
    form = PortalForm(name=kept.name, registration=kept.registration, welcome=kept.welcome)
    if form.validate_on_submit():
        work = partial(
            portals.choose,
            name=form.name.data,
            registration=form.registration.data,
            welcome=form.welcome.data or "",
        )
        changed = transact(work)
        forget_portal()
        flash(_("Saved.") if changed else _("Nothing was different: nothing is saved."))
        return redirect(url_for("edit.portal"), 303)
    return shown(
        "admin/portal.html",
        422 if form.errors else 200,
        area="edit",
        form=form,
        welcome=portals.welcome(session()),
    )
