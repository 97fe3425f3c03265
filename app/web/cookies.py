"""The signed cookie of a browser, its signature checked once for as long as it comes back unchanged.

Every request brings the same cookie, and checking a signature and reading what was signed takes longer than most views.
What is kept is found by the whole cookie, signature included: one that differs in anything is checked as ever. Its age is
looked at each time.
"""

import time
from collections import OrderedDict
from typing import Any

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from itsdangerous import BadSignature, URLSafeTimedSerializer

MOST_KEPT = 2_000
_PLAIN = (str, int, float, bool, type(None))


class KeptCookies(SecureCookieSessionInterface):
    """Flask's own interface, with a memory of the cookies it has seen."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[dict[str, Any], int]] = OrderedDict()
        self._serializers: dict[tuple[Any, ...], URLSafeTimedSerializer | None] = {}

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Made once for each set of secrets."""
        secrets = (app.secret_key, *(app.config["SECRET_KEY_FALLBACKS"] or ()))
        if secrets not in self._serializers:
            self._kept.clear()
            self._serializers = {secrets: super().get_signing_serializer(app)}
        return self._serializers[secrets]

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """What the cookie says; nothing where it is not ours, or too old."""
        serializer = self.get_signing_serializer(app)
        if serializer is None:
            return None
        text = request.cookies.get(self.get_cookie_name(app))
        if not text:
            return self.session_class()
        longest = int(app.permanent_session_lifetime.total_seconds())
        known = self._kept.get(text)
        if known is not None:
            said, signed_at = known
            return self.session_class(said if 0 <= int(time.time()) - signed_at <= longest else None)
        try:
            said, at = serializer.loads(text, max_age=longest, return_timestamp=True)
        except BadSignature:
            return self.session_class()
        if all(isinstance(value, _PLAIN) for value in said.values()):  # nothing that a view could change in its place
            self._kept[text] = dict(said), int(at.timestamp())
            while len(self._kept) > MOST_KEPT:
                self._forget_oldest()
        return self.session_class(said)

    def _forget_oldest(self) -> None:
        try:
            self._kept.popitem(last=False)
        except KeyError:  # another thread was quicker
            return
