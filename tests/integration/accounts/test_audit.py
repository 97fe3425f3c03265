"""The audit log: only ever added to, read by filters, without the names of who is gone."""

from datetime import timedelta

import pytest
from sqlalchemy import Executable, delete, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.accounts import audit as log
from app.accounts import erasing, service
from app.accounts.audit import Filter
from app.db.models import Audit
from app.web import audit, clock
from tests.builders import make_deck, make_user
from tests.integration.accounts.helpers import NOW


def test_no_row_is_changed_or_removed_even_in_sql(session: Session) -> None:
    user = make_user(session)
    audit.note(session, "people.role", subject=user.id, before="learner", after="editor")
    session.commit()
    statements: list[Executable] = [
        update(Audit).values(action="people.enable"),
        update(Audit).values(detail={}),
        update(Audit).values(detail={"before": "learner", "after": "admin"}),
        update(Audit).values(user_id=user.id),
        update(Audit).values(address="192.0.2.1"),
        delete(Audit),
        text("UPDATE audit SET role = 'portal'"),
    ]
    for statement in statements:
        with pytest.raises(DBAPIError, match="audit rows are only added"):
            session.execute(statement)
        session.rollback()
    assert session.scalars(select(Audit.action)).all() == ["people.role"]


def test_who_is_erased_is_a_deleted_user_without_name_or_address(session: Session) -> None:
    gone, stays = make_user(session, email="gone@example.org"), make_user(session, email="stays@example.org")
    signs_in = {"action": "account.sign_in", "role": "learner", "detail": {"agent": "Mosaic", "how": "passkey"}}
    asks = {"action": "account.reset_link", "role": "visitor", "detail": {"agent": "Mosaic"}, "subject_id": gone.id}
    for values in (signs_in | {"user_id": gone.id}, signs_in | {"user_id": stays.id}, asks):
        session.add(Audit(at=NOW, area="account", address="192.0.2.9", **values))
        session.flush()
    audit.note(session, "people.disable", by=stays.id, role="admin", subject=gone.id)
    gone.deletion_asked_at = NOW - timedelta(days=9)
    session.commit()
    erasing.erase_due(session, NOW)
    session.commit()
    found = log.entries(session, Filter()).entries
    assert [(one.action, one.by, one.by_erased, one.subject_erased, one.address) for one in found] == [
        ("account.erased", "", False, True, ""),
        ("people.disable", "stays@example.org", False, True, ""),
        ("account.reset_link", "", False, True, ""),
        ("account.sign_in", "stays@example.org", False, False, "192.0.2.9"),
        ("account.sign_in", "", True, False, ""),
    ]
    assert not [one for one in found if "gone@" in repr(one)]
    signed_in = select(Audit.detail).where(Audit.action == "account.sign_in").order_by(Audit.id)
    assert session.scalars(signed_in).all() == [{"how": "passkey"}, {"agent": "Mosaic", "how": "passkey"}]
    before = select(Audit.address, Audit.detail).where(Audit.action == "account.reset_link")
    assert [tuple(row) for row in session.execute(before)] == [("", {})]


def test_entries_are_found_by_person_thing_kind_and_day(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    ada, ben = make_user(session, email="ada@example.org", role="admin"), make_user(session, email="ben@example.org")
    deck = make_deck(session, title="Vector stores")
    for day, action in enumerate(["people.disable", "people.enable"]):
        monkeypatch.setattr(clock, "now", lambda day=day: NOW + timedelta(days=day))
        audit.note(session, action, by=ada.id, role="admin", subject=ben.id)
    audit.note(session, "edit.details", area="content", by=ada.id, thing="deck", guid=deck.slug, label=deck.title)

    def actions(**wanted: object) -> list[str]:
        return [one.action for one in log.entries(session, Filter(**wanted)).entries]  # type: ignore[arg-type]

    assert actions() == ["edit.details", "people.enable", "people.disable"]
    assert actions(query="BEN@") == actions(area="people") == actions(person=ben.guid)
    assert actions(query="vector") == actions(area="content") == ["edit.details"]
    assert actions(since=NOW + timedelta(days=1), area="people") == ["people.enable"]
    assert actions(until=NOW + timedelta(hours=1)) == ["people.disable"]
    assert actions(query="100%") == []
    assert [one.action for one in log.all_entries(session, Filter(area="people"))] == actions(area="people")


def test_a_page_is_bounded_and_says_how_many_there_are(session: Session) -> None:
    for _ in range(log.PAGE + 3):
        audit.note(session, "system.setup_link", area="system")
    first = log.entries(session, Filter())
    second = log.entries(session, Filter(before=first.entries[-1].id))
    assert (len(first.entries), first.total, first.more) == (log.PAGE, log.PAGE + 3, True)
    assert (len(second.entries), second.total, second.more) == (3, log.PAGE + 3, False)


def test_what_is_undone_leaves_no_row(session: Session) -> None:
    user = make_user(session)
    session.commit()
    service.disable(session, user_id=user.id)
    session.rollback()
    assert session.scalars(select(Audit.id)).all() == []
