"""The line in which those stand who write to a learner's log: one at a time, so that events are numbered and checked there.

On SQLite it is the line of the one writer, on PostgreSQL a lock on the learner's row.
"""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from app.db.models import User
from app.db.prepared import Prepared, connected
from app.db.session import write

_USER: Any = bindparam("user")
_LINE = select(User.id).where(User.id == _USER).with_for_update(key_share=True)
_IN_LINE = Prepared(_LINE)
_PLAN_ONCE = func.set_config("plan_cache_mode", "force_generic_plan", True).label("plans")
_CLAIM = Prepared(
    select(User.id, _PLAN_ONCE)
    .where(User.id.in_(bindparam("users", expanding=True)))
    .order_by(User.id)
    .with_for_update(key_share=True, skip_locked=True)
)
TO_ANSWER = Prepared(_LINE.add_columns(_PLAN_ONCE))
"""Also has PostgreSQL plan the statements of an answer once: none is better planned for certain values, and planning takes
longer than they run."""


def get_in_line(session: Session, user_id: int, lock: Prepared | None = None) -> None:
    """From here on to the end of the transaction nobody else appends to this learner's log."""
    write(session)
    if connected(session).dialect.name == "postgresql":
        (lock or _IN_LINE).run(session, {"user": user_id})


def claim(session: Session, learners: Sequence[int]) -> Callable[[], set[int]]:
    """Get in line for those of these learners' logs at which nobody is; which ones these are is had later."""
    rows = _CLAIM.ask(session, {"users": sorted(learners)})
    return lambda: {row.id for row in rows()}
