"""docs/security.md names tests: each one is there, and each promise has one."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIST = (ROOT / "docs" / "security.md").read_text("utf-8")


def test_every_promise_names_tests_that_are_there() -> None:
    named = re.findall(r"^ +- `(tests/[\w/]+\.py)::(\w+)`$", LIST, re.MULTILINE)
    assert named
    missing = [
        f"{file}::{test}"
        for file, test in named
        if not re.search(
            rf"^def {test}\(", (ROOT / file).read_text("utf-8") if (ROOT / file).exists() else "", re.MULTILINE
        )
    ]
    assert missing == []


def test_the_promises_are_numbered_and_none_stands_alone() -> None:
    promises = re.split(r"^(?=\d+\. )", LIST, flags=re.MULTILINE)[1:]
    assert [int(promise.split(".")[0]) for promise in promises] == list(range(1, 27))
    assert all("- `tests/" in promise for promise in promises)
