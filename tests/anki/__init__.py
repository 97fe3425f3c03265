"""Anki's own engine, as tests use it: in a process of its own, because its licence is not ours."""

import os
import subprocess
from pathlib import Path

from tests.conftest import ANKI


def run_anki(*arguments: str | Path) -> str:
    """What `engine.py` prints, run by the interpreter that has Anki; its clock shows UTC."""
    command = [ANKI, Path(__file__).with_name("engine.py"), *arguments]
    environment = os.environ | {"TZ": "UTC"}
    return subprocess.run(command, capture_output=True, check=True, text=True, timeout=120, env=environment).stdout
