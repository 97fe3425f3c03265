"""Promises of the files around the code: settings are documented, the image and the compose file hold together."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import tomllib
from pathlib import Path

import yaml

from app.config import Settings
from app.db.migrate import MIGRATIONS

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name for name in listed.decode().split("\0") if name and (ROOT / name).is_file()]


def test_the_readme_documents_every_setting_and_no_other() -> None:
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", README, re.MULTILINE))
    assert documented == {field.name.upper() for field in dataclasses.fields(Settings)}


def test_the_readme_states_each_default() -> None:
    for field in dataclasses.fields(Settings):
        if isinstance(field.default, int) and not isinstance(field.default, bool) and field.name != "web_concurrency":
            row = next(line for line in README.splitlines() if line.startswith(f"| `{field.name.upper()}` |"))
            assert f"`{field.default}`" in row.replace("`none`", "`0`"), row


def test_what_the_readme_shows_is_there() -> None:
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)\s]+)\)", README):
        assert (ROOT / target).exists(), target


def test_locks_carry_hashes_and_no_address() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert not re.search(r"https?://|index-url|find-links", text), name
        pinned = re.findall(r"^[a-z0-9][\w.-]*==", text, re.MULTILINE)
        assert len(pinned) > 20
        for block in re.split(r"\n(?=[a-z0-9])", text.strip()):
            assert "--hash=sha256:" in block or block.startswith("#"), block.splitlines()[0]


def test_the_locks_hold_every_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    locked = {
        re.sub(r"[-_.]+", "-", name).lower()
        for name in re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE)
    }
    wanted = {re.sub(r"[-_.]+", "-", re.split(r"[\[<>=~ ]", one)[0]).lower() for one in project["dependencies"]}
    assert wanted <= locked


def test_the_image_is_slim_and_runs_as_nobody_special() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    instructions = [line.split(maxsplit=1) for line in lines if re.match(r"[A-Z]+ ", line)]
    stages = [rest for word, rest in instructions if word == "FROM"]
    assert len(stages) == 2
    assert all("slim" in stage for stage in stages)
    users = [rest for word, rest in instructions if word == "USER"]
    assert users, "the image must not run as root"
    assert users[-1] not in ("root", "0")
    for word, rest in instructions:
        if word == "COPY" and "--from" not in rest:
            for source in rest.split()[:-1]:
                assert source.startswith("--") or (ROOT / source).exists(), source


def test_the_compose_file_names_what_the_portal_reads() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    services = compose["services"]
    assert set(services) == {"portal", "database"}
    assert all("healthcheck" in service for service in services.values())
    known = {field.name.upper() for field in dataclasses.fields(Settings)}
    assert set(services["portal"]["environment"]) <= known
    assert services["portal"]["read_only"] is True
    assert services["portal"]["depends_on"]["database"]["condition"] == "service_healthy"
    for service in services.values():
        for volume in service.get("volumes", []):
            assert volume.split(":")[0] in compose["volumes"]


def test_the_repository_speaks_only_of_itself() -> None:
    """No path of a machine and no address of an index is in any file."""
    pattern = re.compile(rb"(?<![\w.])/(?:home|root|work|Users)/[\w.-]+|pypi-more|extra-index-url")
    for path in _tracked():
        if path.suffix in {".png", ".lock"} or path == Path(__file__).resolve():
            continue
        assert not pattern.search(path.read_bytes()), path


def test_revisions_form_one_line() -> None:
    sources = [path.read_text(encoding="utf-8") for path in sorted((MIGRATIONS / "versions").glob("*.py"))]
    revisions = [re.search(r'^revision\b.*?= ["\'](\w+)["\']', source, re.MULTILINE) for source in sources]
    assert all(revisions)


def test_decisions_are_numbered_one_by_one() -> None:
    numbers = sorted(int(path.name[:4]) for path in (ROOT / "docs" / "adr").glob("[0-9]*.md"))
    assert len(numbers) == len(set(numbers))
    for path in (ROOT / "docs" / "adr").glob("[0-9]*.md"):
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# {int(path.name[:4])}. "), path.name
        assert "Status: " in text, path.name
