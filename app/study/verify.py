"""Whether what is stored of every learner and card is what their logs give, and putting right what is not."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from sqlalchemy import and_, delete, func, select
from sqlalchemy.orm import Session, aliased

from app.db.models import Card, CardState, Event, User
from app.db.session import write
from app.scheduling.replay import BrokenLog, Projection, replay
from app.study import totals
from app.study.projection import COLUMNS, STATE, Logged, as_event, fact_columns, state_columns
from app.study.service import replay_card


@dataclass(frozen=True, slots=True)
class Difference:
    """Something stored that the log does not give. `user` and `card` are guids; `what` is a sentence.

    `card` is empty where it is about no single card.
    """

    user: str
    card: str
    what: str


@dataclass(slots=True)
class Report:
    """What was compared, and what differs. `unrepaired` counts the logs that cannot be replayed at all."""

    users: int = 0
    events: int = 0
    states: int = 0
    differences: list[Difference] = field(default_factory=list)
    unrepaired: int = 0


def verify(session: Session, *, repair: bool = False) -> Report:
    """Replay every log and compare. With `repair` what differs is written again from the log, which is never changed."""
    report = Report()
    if repair:
        write(session)
    for user_id, guid in session.execute(select(User.id, User.guid).order_by(User.id)).all():
        report.users += 1
        for card_id, found in _compare_user(session, user_id, guid, report):
            report.differences += found
            if repair:
                report.unrepaired += not _repaired(session, user_id, card_id)
        wrong = [Difference(guid, "", what) for what in totals.wrong(session, user_id)]
        report.differences += wrong
        if repair and (wrong or totals.outdated(session, user_id)):
            totals.rebuild(session, user_id)
    return report


def _compare_user(session: Session, user_id: int, guid: str, report: Report) -> list[tuple[int, list[Difference]]]:
    """The cards of one learner of which something differs."""
    states = _states(session, user_id)
    report.states += len(states)
    differing: list[tuple[int, list[Difference]]] = []
    for card_id, card_guid, log in _logs(session, user_id):
        report.events += len(log)
        state = states.pop(card_id, None)
        found = [Difference(guid, card_guid, what) for what in _compare(log, state)]
        if found:
            differing.append((card_id, found))
    for card_id, state in states.items():
        differing.append((card_id, [Difference(guid, state.guid, "has a state, but no event.")]))
    return differing


def _states(session: Session, user_id: int) -> dict[int, Any]:
    columns = (CardState.card_id, Card.guid, CardState.version, *(getattr(CardState, name) for name in STATE))
    mine = select(*columns).join(Card, Card.id == CardState.card_id).where(CardState.user_id == user_id)
    return {row.card_id: row for row in session.execute(mine)}


def _logs(session: Session, user_id: int) -> Iterator[tuple[int, str, list[Logged]]]:
    """The logs of a learner, one card after the other; those of joined cards together."""
    root = aliased(Card)
    rows: Iterable[Logged] = session.execute(
        select(*COLUMNS, root.id.label("root_id"), root.guid.label("root_guid"))
        .join(Card, Card.id == Event.card_id)
        .join(root, root.id == func.coalesce(Card.merged_into_id, Card.id))
        .where(Event.user_id == user_id)
        .order_by(root.id, Event.id)
        .execution_options(yield_per=1000)
    )
    for (card_id, guid), log in groupby(rows, key=lambda row: (row.root_id, row.root_guid)):
        yield card_id, guid, list(log)


def _compare(log: list[Logged], state: Any) -> Iterator[str]:
    """What differs, a sentence each."""
    try:
        projection = replay(map(as_event, log))
    except (BrokenLog, ValueError) as error:
        yield f"has a log that cannot be replayed: {error}"
        return
    yield from _compare_events(log, projection)
    if state is None:
        yield f"has {len(log)} events, but no state."
        return
    yield from _differences("state", state, state_columns(projection))
    if state.version < len(log):
        yield f"state: version is {state.version}, but there are {len(log)} events."


def _compare_events(log: list[Logged], projection: Projection) -> Iterator[str]:
    for row in log:
        yield from _differences(f"event {row.id}", row, fact_columns(projection.facts[row.id]))


def _differences(place: str, stored: Any, replayed: dict[str, Any]) -> Iterator[str]:
    for name, value in replayed.items():
        kept = getattr(stored, name)
        if kept != value:
            yield f"{place}: {name} is {_said(kept)}, the log gives {_said(value)}."


def _said(value: Any) -> str:
    return "nothing" if value is None else str(value)


def _repaired(session: Session, user_id: int, card_id: int) -> bool:
    has_log = session.scalar(
        select(func.count())
        .select_from(Event)
        .join(Card, Card.id == Event.card_id)
        .where(Event.user_id == user_id, func.coalesce(Card.merged_into_id, Card.id) == card_id)
    )
    if not has_log:
        one = and_(CardState.user_id == user_id, CardState.card_id == card_id)
        session.execute(delete(CardState).where(one))
        return True
    try:
        replay_card(session, user_id, card_id)
    except (BrokenLog, ValueError):
        return False
    return True
