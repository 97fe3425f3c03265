"""The promises of ADR 1: who may import whom, where time, chance and commits may be."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "app"


def _modules(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    for folder in folders:
        found = sorted((APP / folder).rglob("*.py")) if (APP / folder).is_dir() else [APP / f"{folder}.py"]
        for path in found:
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def _called(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.lineno, node.func.attr


def test_imports_point_down_only() -> None:
    """In a process of its own: the linter sets logging up, and switches off every logger there is."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_scheduling_needs_the_standard_library_alone() -> None:
    foreign = {
        (file, name)
        for file, tree in _modules("scheduling")
        for name in _imported(tree)
        if name.split(".")[0] not in sys.stdlib_module_names and not name.startswith("app.scheduling")
    }
    assert not foreign


def test_pure_rooms_are_told_the_time() -> None:
    """Nothing in scheduling or content asks a clock or rolls dice: the same values give the same answer."""
    asked = {
        (file, line, name)
        for file, tree in _modules("scheduling", "content")
        for line, name in _called(tree)
        if name in {"now", "utcnow", "today", "monotonic", "perf_counter", "randint", "random", "token_hex", "randbits"}
    }
    chance = {
        (file, name)
        for file, tree in _modules("scheduling", "content")
        for name in _imported(tree)
        if name in {"random", "secrets", "time", "uuid"}
    }
    assert not asked | chance


def test_only_the_edge_commits() -> None:
    """A service flushes; one commit ends a request, a command or a job."""
    edge = ("app/web/", "app/cli/", "app/db/migrate.py")
    committing = {
        (file, line)
        for file, tree in _modules(".")
        for line, name in _called(tree)
        if name == "commit" and not file.startswith(edge)
    }
    assert not committing


def test_one_clock() -> None:
    """Rooms ask `web.clock`; so a test, and an administrator with a wrong clock, look in one place."""
    asking = {
        (file, line)
        for file, tree in _modules(".")
        for line, name in _called(tree)
        if name in {"now", "utcnow", "today"} and file != "app/web/clock.py" and not file.startswith("app/cli/")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and node.lineno == line and _is_datetime(node)
    }
    assert not asking


def _is_datetime(node: ast.Call) -> bool:
    function = node.func
    return (
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Name)
        and function.value.id in {"datetime", "date"}
    )


def test_importing_the_pure_core_imports_no_flask() -> None:
    loaded = {name for _, tree in [("", ast.parse((APP / "__init__.py").read_text()))] for name in _imported(tree)}
    assert not loaded & {"flask", "sqlalchemy", "app.factory"}
