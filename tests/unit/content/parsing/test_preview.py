"""`reprise content preview`: what will be read, as a table or as JSON; needs no database, writes nothing."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli.preview import preview

QUIZ = "# Quiz\n\n## HTML\n\n### 1. Which is a tag? ⭐⭐\n\n- A. p\n- B. 7\n\n**Answer:** A\n\n### 2. What is a rule?\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "quiz.md"
    path.write_text(QUIZ)
    return path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(preview, [str(argument) for argument in arguments], env={"COLUMNS": "200"})


def test_json_of_a_file(file: Path) -> None:
    result = run(file, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {
        "title": "Quiz",
        "dialect": "headings",
        "cards": [
            {
                "question": "Which is a tag?\n\n- A. p\n- B. 7",
                "answer": "A",
                "section": ["HTML"],
                "tags": ["2 stars"],
                "kind": "choice",
                "status": "ready",
                "line": 5,
            },
            {
                "question": "What is a rule?",
                "answer": "",
                "section": ["HTML"],
                "tags": [],
                "kind": "basic",
                "status": "draft",
                "line": 12,
            },
        ],
        "warnings": [
            {
                "file": str(file),
                "line": 12,
                "message": "“What is a rule?” has no answer: it is kept as a draft and not asked.",
                "remedy": "Write an answer below the question.",
            }
        ],
    }


def test_json_of_a_folder_lists_its_decks_and_names_what_is_passed_over(file: Path) -> None:
    (file.parent / "about.md").write_text("Nothing is asked here.\n")
    (file.parent / "cards.csv").write_text("question,answer\nOne?,1\nTwo?,2\n")
    found = json.loads(run(file.parent, "--json").stdout)
    assert [(deck["dialect"], len(deck["cards"])) for deck in found["decks"]] == [("csv", 2), ("headings", 2)]
    (passed_over,) = found["warnings"]
    assert passed_over["file"] == str(file.parent / "about.md")


def test_the_table_names_title_reading_rivals_and_warnings(file: Path) -> None:
    result = run(file)
    assert result.exit_code == 0
    for told in (
        "Quiz",
        "Read as headings",
        "Which is a tag?",
        "draft",
        "quiz.md:12",
        "2 cards, 1 warnings. Nothing was written.",
    ):
        assert told in result.stdout.replace("\n", "")


def test_the_reading_is_fixed_by_hand_and_unknown_ones_are_refused(file: Path) -> None:
    assert run(file, "--dialect", "tables").exit_code == 1
    refused = run(file, "--dialect", "nonsense")
    assert refused.exit_code == 2
    assert "headings" in refused.output


def test_what_cannot_be_read_is_said_with_place_and_remedy(tmp_path: Path) -> None:
    bad = tmp_path / "bad.md"
    bad.write_bytes(b"## What?\n\xff\n")
    result = run(bad, "--json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"{bad}:2: Byte 0xff is not valid UTF-8. Save the file again" in result.stderr
