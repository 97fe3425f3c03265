"""User-Agents in words."""

import pytest
from flask import Flask
from flask_babel import Babel

from app.web.agents import in_words

_KIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_KIT} Chrome/140.0 Safari/537.36", "Chrome on Windows"),
        (f"Mozilla/5.0 (Windows NT 10.0) {_KIT} Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        (f"Mozilla/5.0 (Linux; Android 15) {_KIT} Chrome/140.0 Mobile Safari/537.36", "Chrome on a phone"),
        (f"Mozilla/5.0 (Linux; Android 15; Tab) {_KIT} Chrome/140.0 Safari/537.36", "Chrome on a tablet"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari on an iPhone"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.0 Safari/605.1.15", "Safari on macOS"),
        ("curl/8.5.0", "A browser"),
        ("", "A browser"),
        ("<script>alert(1)</script>", "A browser"),
    ],
)
def test_a_browser_and_its_device_are_recognised(agent: str, words: str) -> None:
    app = Flask(__name__)
    Babel(app)
    with app.test_request_context():
        assert in_words(agent) == words
