"""Limits of costly views: each counts the client that asks, and no other view is counted."""

from flask import Flask

from app.web.access import Access, access
from app.web.limits import limiter


def test_a_limited_view_is_refused_after_its_limit(app: Flask) -> None:
    @app.get("/costly")
    @limiter.limit("2/minute")
    @access(Access.ANYONE)
    def costly() -> str:
        return "done"

    client = app.test_client()
    assert [client.get("/costly").status_code for _ in range(3)] == [200, 200, 429]
    assert client.get("/costly", environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 200
    assert client.get("/help").status_code == 200
