"""Another SECRET_KEY: what the former one signed and encrypted still counts while it is named (SECURITY.md 25)."""

from __future__ import annotations

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import factors
from app.config import Settings
from app.db.models import SecondFactor
from app.study.reminders import STOP
from app.web import jobs
from app.web.signing import signed
from tests.builders import make_user, sign_in
from tests.conftest import MakePortal
from tests.functional.accounts.pages import is_in, send
from tests.functional.accounts.test_second_factor import turn_on
from tests.functional.conftest import Watch

OLD, NEW = "former-" * 8, "present-" * 8


def test_another_secret_key_signs_nobody_out_and_the_former_can_be_forgotten(
    sqlite_url: str, session: Session, watch: Watch, make_portal: MakePortal
) -> None:
    def portal(*keys: str) -> Settings:
        return Settings(secret_key=keys[0], secret_key_fallbacks=keys[1:], database_url=sqlite_url)

    user = make_user(session)
    session.commit()
    before = make_portal(portal(OLD))
    browser = before.test_client()
    sign_in(browser, user)
    phone, _codes = turn_on(browser, watch)
    with before.app_context():
        stop = f"/reminders/stop/{signed(STOP, user.guid)}"

    during = make_portal(portal(NEW, OLD))
    assert is_in(_moved(browser, during.test_client()))
    assert during.test_client().get(stop).status_code == 200
    other = during.test_client()
    sign_in(other, user)
    assert send(other, "/sign-in/code", code=phone.code()).status_code == 303
    watch.forward(seconds=factors.STEP_S)
    assert jobs.run_chores(during) >= 1

    after = make_portal(portal(NEW))
    assert is_in(_moved(other, after.test_client())), "begun meanwhile"
    assert not is_in(_moved(browser, after.test_client()))
    assert after.test_client().get(stop).status_code == 404
    third = after.test_client()
    sign_in(third, user)
    assert send(third, "/sign-in/code", code=phone.code()).status_code == 303, "the app's key is encrypted anew"
    session.rollback()
    assert session.scalars(select(SecondFactor.secret)).one().startswith(b"gAAAA")


def _moved(browser: FlaskClient, to: FlaskClient) -> FlaskClient:
    """The cookie of a browser, in one that calls a portal started anew."""
    cookie = browser.get_cookie("reprise")
    assert cookie is not None
    to.set_cookie("reprise", cookie.value)
    return to
