"""`reprise content …`: what it prints, what it writes, and how it ends."""

from __future__ import annotations

import json
import resource
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.content.matching import thresholds
from app.db.models import Audit
from tests.functional.cli.conftest import Run

GIL = "## What does the lock protect?\n\nThe interpreter's own memory, reference counts above all.\n"
LIST = "## What is a list?\n\nA sequence that can change after it was made.\n"
TITLE = "# Python\n\n"


def write(name: str, text: str) -> None:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def cards(reprise: Run, deck: str) -> dict[str, Any]:
    result = reprise("content", "cards", deck, "--json")
    assert result.exit_code == 0
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_on_a_full_disk_nothing_is_written_and_room_is_asked_for(reprise: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:///full.db")
    assert reprise("db", "upgrade").exit_code == 0
    write("python.md", TITLE + LIST + "\n" + GIL)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16 * 1024, hard))
    try:
        result = reprise("content", "import", "python.md")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert result.exit_code == 1
    assert "Make room" in result.stderr
    assert "Nothing was written" in result.stderr
    assert reprise("content", "cards", "python").exit_code == 1


def test_a_file_is_imported_and_listed(reprise: Run) -> None:
    write("python.md", TITLE + LIST + "\n" + GIL)
    result = reprise("content", "import", "python.md")
    assert result.exit_code == 0
    assert "python (new deck “Python”, python.md): 2 added" in result.stdout
    assert "+ python.md:3  What is a list?" in result.stdout
    found = cards(reprise, "python")
    assert found["pending"] == 0
    assert [(one["question"], one["line"], one["archived"]) for one in found["cards"]] == [
        ("What is a list?", 3, False),
        ("What does the lock protect?", 7, False),
    ]
    assert len({one["id"] for one in found["cards"]}) == 2


def test_a_second_import_is_no_work_and_says_so(reprise: Run) -> None:
    write("python.md", TITLE + LIST)
    reprise("content", "import", "python.md", "--yes")
    before = cards(reprise, "python")
    result = reprise("content", "import", "python.md", "--yes")
    assert (result.exit_code, result.stdout) == (0, "python: as it was.\nNothing to import: all is as it was.\n")
    assert cards(reprise, "python") == before


def test_a_dry_run_shows_the_difference_word_by_word_and_writes_nothing(reprise: Run) -> None:
    write("python.md", TITLE + LIST + "\n" + GIL)
    reprise("content", "import", "python.md")
    write("python.md", TITLE + LIST.replace("can change", "may grow"))
    before = cards(reprise, "python")
    result = reprise("content", "import", "python.md", "--dry-run")
    assert result.exit_code == 0
    assert "1 changed, 1 archived" in result.stdout
    assert "[-can change-]{+may grow+}" in result.stdout
    assert "- What does the lock protect?" in result.stdout
    assert result.stdout.endswith("Nothing was written (--dry-run).\n")
    assert cards(reprise, "python") == before


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 1)])
def test_on_a_terminal_it_asks_first(reprise: Run, monkeypatch: pytest.MonkeyPatch, answer: str, code: int) -> None:
    monkeypatch.setattr("app.cli.common.on_a_terminal", lambda: True)
    write("python.md", TITLE + LIST)
    result = reprise("content", "import", "python.md", input=answer)
    assert result.exit_code == code
    assert "Apply this?" in result.stdout
    listed = reprise("content", "decks").stdout
    assert ("python" in listed) == (code == 0)


def test_a_folder_is_a_collection_and_files_without_questions_are_passed_over(reprise: Run) -> None:
    write("notes/python.md", TITLE + LIST)
    write("notes/deep/threads.md", "# Threads\n\n" + GIL)
    write("notes/CONTRIBUTING.md", "Please be kind.\n")
    result = reprise("content", "import", "notes")
    assert result.exit_code == 0
    assert "warning: notes/CONTRIBUTING.md:1: It holds no question and is passed over." in result.stderr
    assert [line.split("  ")[0] for line in reprise("content", "decks").stdout.splitlines()] == ["python", "threads"]


def test_a_deck_can_be_named(reprise: Run) -> None:
    write("python.md", TITLE + LIST)
    assert reprise("content", "import", "python.md", "--deck", "reptiles").exit_code == 0
    assert len(cards(reprise, "reptiles")["cards"]) == 1
    assert reprise("content", "cards", "python").exit_code == 1


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("empty.md", b"", "empty.md:1: The file is empty. Write at least one question into it."),
        ("prose.md", b"# Notes\n\nNothing is asked.\n", "prose.md:1: No questions were found."),
        ("latin.md", "# Café\n\n## Qué?\n".encode("latin-1"), "latin.md:1: Byte 0xe9 is not valid UTF-8."),
        ("none.md", None, "none.md:1: It cannot be read (no such file or directory)."),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place_and_nothing_is_written(
    reprise: Run, name: str, data: bytes | None, said: str
) -> None:
    write("python.md", TITLE + LIST)
    if data is not None:
        Path(name).write_bytes(data)
    result = reprise("content", "import", "python.md", name)
    assert result.exit_code == 1
    assert result.stderr.startswith(said)
    assert result.stderr.endswith("Nothing was written.\n")
    assert reprise("content", "decks").stdout.startswith("There is no deck yet.")


@pytest.mark.parametrize(
    "arguments",
    [[], ["python.md", "--dry-run", "--yes"], ["python.md", "--deck", "No Slug"], ["--never-heard-of"]],
)
def test_a_wrong_call_ends_with_2(reprise: Run, arguments: list[str]) -> None:
    write("python.md", TITLE + LIST)
    assert reprise("content", "import", *arguments).exit_code == 2


def test_a_database_without_tables_is_said_in_words(
    reprise: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/empty.db")
    result = reprise("content", "decks")
    assert result.exit_code == 1
    assert "run `reprise db upgrade`" in result.stderr


def test_what_is_left_open_is_listed_and_confirmed(reprise: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thresholds, "CERTAIN", 1.1)
    write("python.md", TITLE + GIL + "\n" + LIST)
    reprise("content", "import", "python.md")
    old = cards(reprise, "python")["cards"][0]["id"]
    changed = GIL.replace("the lock protect", "the global lock protect").replace("above all", "first of all")
    write("python.md", TITLE + changed + "\n" + LIST)
    result = reprise("content", "import", "python.md")
    assert "1 to confirm" in result.stdout
    assert cards(reprise, "python")["pending"] == 1
    listed = reprise("content", "pending", "python").stdout
    question = listed.split()[0]
    assert f"reprise content confirm {question} same|different" in listed
    assert reprise("content", "resolve", question, "ours").exit_code == 1
    assert reprise("content", "confirm", question, "same").exit_code == 0
    assert reprise("content", "pending").stdout == "Nothing is left to decide.\n"
    assert reprise("content", "pending", "no-such-deck").exit_code == 1
    found = cards(reprise, "python")
    first, _ = found["cards"]
    assert (first["id"], first["question"]) == (old, "What does the global lock protect?")
    again = reprise("content", "confirm", question, "same")
    assert (again.exit_code, "no open question" in again.stderr) == (1, True)
    assert reprise("verify").exit_code == 0


def test_the_last_import_is_taken_back(reprise: Run) -> None:
    write("python.md", TITLE + LIST + "\n" + GIL)
    reprise("content", "import", "python.md")
    before = cards(reprise, "python")
    write("python.md", TITLE + GIL)
    reprise("content", "import", "python.md")
    assert cards(reprise, "python") != before
    result = reprise("content", "undo")
    assert result.exit_code == 0
    assert cards(reprise, "python") == before
    listed = reprise("content", "imports").stdout.splitlines()
    assert [line.endswith("(taken back)") for line in listed] == [True, False]
    assert reprise("content", "undo", "none").exit_code == 1


def test_what_commands_change_is_in_the_audit_log(reprise: Run, session: Session, tmp_path: Path) -> None:
    write("notes.md", "# Notes\n\n## What is a set?\n\nMany as one.\n")
    for _twice in range(2):
        reprise("content", "import", "notes.md", "--yes")
    reprise("content", "undo")
    reprise("content", "add-source", str(tmp_path), "--name", "here")
    reprise("content", "remove-source", "here")
    rows = session.execute(select(Audit.action, Audit.role, Audit.thing, Audit.label).order_by(Audit.id)).all()
    assert [tuple(row) for row in rows] == [
        ("content.import", "command", "import", "notes"),
        ("content.undo", "command", "import", "notes.md"),
        ("content.add_source", "command", "source", "here"),
        ("content.remove_source", "command", "source", "here"),
    ]


def test_a_deck_is_written_back_byte_for_byte(reprise: Run) -> None:
    text = (TITLE + LIST + "\n" + GIL + "\n[Join us](https://example.org)  \n").replace("\n", "\r\n")
    Path("python.md").write_bytes(text.encode())
    reprise("content", "import", "python.md")
    assert reprise("content", "export", "python", "-o", "out.md").exit_code == 0
    assert Path("out.md").read_bytes() == text.encode()
    assert reprise("content", "export", "python").stdout_bytes == text.encode()
    marked = reprise("content", "export", "python", "--ids").stdout
    assert all(f"<!-- id: {one['id']} -->" in marked for one in cards(reprise, "python")["cards"])
    assert reprise("content", "export", "nothing").exit_code == 1


def test_a_file_whose_name_looks_like_markup_is_previewed(reprise: Run) -> None:
    write("notes [/b].md", "# T\n\n## Q1. What is it?\n\n## Q2. What is that?\n\nAn answer.\n")
    told = reprise("content", "preview", "notes [/b].md")
    assert told.exit_code == 0
    assert "notes [/b].md:3" in told.output
