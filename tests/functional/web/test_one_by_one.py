"""Answers of a process that shares its file with another one run one at a time, and wait for no client."""

from __future__ import annotations

import io
import threading
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from app.config import Settings
from app.db import baton
from app.factory import create_app
from tests.unit.test_baton import begun


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Of a portal that is served by two processes."""
    return replace(settings, web_concurrency=2)


class Slow(io.BytesIO):
    """A form that is on its way until the test lets it come."""

    def __init__(self, form: bytes) -> None:
        super().__init__(form)
        self.asked, self.comes = threading.Event(), threading.Event()

    def read(self, size: int | None = -1, /) -> bytes:
        self.asked.set()
        assert self.comes.wait(30)
        return super().read(size)


def test_whoever_is_slow_to_send_a_form_keeps_nobody(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baton, "PATIENCE_S", 30)
    app = create_app(settings)
    form = b"card=x"
    slow, statuses = Slow(form), []

    def send() -> None:
        answer = app.test_client().post(
            "/study/answer",
            input_stream=slow,
            content_type="application/x-www-form-urlencoded",
            content_length=len(form),
        )
        statuses.append(answer.status_code)

    sender = threading.Thread(target=send)
    sender.start()
    assert slow.asked.wait(30)
    try:
        assert begun().wait(10)
    finally:
        slow.comes.set()
        sender.join(30)
    assert statuses == [400]  # it has no token


def test_what_is_no_answer_is_served_as_ever(client: FlaskClient) -> None:
    assert client.get("/study/answer").status_code == 405
    assert client.post("/study/answer", data=b"x" * 70_000).status_code in (303, 400)
    for length in ("many", "9" * 5000):
        assert client.post("/study/answer", headers={"Content-Length": length}).status_code in (303, 400, 413)
