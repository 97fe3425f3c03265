"""Form tokens whose signature is made and checked once for as long as the same one goes to and fro.

Each page brings a token, and each form brings it back; signing and checking took a twelfth of an answer. What is kept is
found by the whole token, signature included: one that differs in anything is checked as ever. Whose token it is, Flask-WTF
looks at each time, as it does at all else.
"""

import time
from functools import lru_cache
from typing import Any

from flask_wtf import csrf
from itsdangerous import URLSafeTimedSerializer

MOST_KEPT = 4_000
SIGNED_ANEW_S = 600.0
"""A page gets the token of one before it for so long; then it is signed with the new time."""


class KeptTokens(URLSafeTimedSerializer):
    """The serializer of form tokens, with a memory of those it has made or checked."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._signed: dict[str, tuple[str, float]] = {}
        self._known: dict[str, str] = {}

    def dumps(self, obj: Any, salt: Any = None) -> str:
        """The token of what a browser's cookie says."""
        if type(obj) is not str or salt is not None:
            return str(super().dumps(obj, salt))
        token, until = self._signed.get(obj, ("", 0.0))
        now = time.monotonic()
        if now >= until:
            token = str(super().dumps(obj))
            self._keep(self._signed, obj, (token, now + SIGNED_ANEW_S))
            self._keep(self._known, token, obj)
        return token

    def loads(  # type: ignore[override]  # as the class above has it
        self, s: str | bytes, max_age: int | None = None, return_timestamp: bool = False, salt: Any = None
    ) -> Any:
        """What a token says. Raises `BadData` for one that is not ours, or too old."""
        if type(s) is not str or max_age is not None or return_timestamp or salt is not None:
            return super().loads(s, max_age, return_timestamp, salt)
        known = self._known.get(s)
        if known is None:
            known = super().loads(s)
            if type(known) is str:
                self._keep(self._known, s, known)
        return known

    def _keep(self, there: dict[str, Any], key: str, value: Any) -> None:
        if len(there) >= MOST_KEPT:
            there.clear()
        there[key] = value


def init_app() -> None:
    """Have Flask-WTF make and check its tokens with one serializer for each secret."""
    csrf.URLSafeTimedSerializer = lru_cache(maxsize=16)(KeptTokens)
