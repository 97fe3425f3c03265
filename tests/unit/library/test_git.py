"""Addresses that may be followed, files that are named, and what never gets through."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from app.library import git
from app.library.git import GitError


def test_addresses_of_every_kind_are_read() -> None:
    assert git.parse_remote("https://git.example.org/team/notes.git").host == "git.example.org"
    assert git.parse_remote("ssh://git@git.example.org:2222/notes").port == 2222
    assert git.parse_remote("git@git.example.org:team/notes.git").scheme == "ssh"
    assert git.parse_remote("file:///srv/notes").scheme == "file"


def test_a_folder_is_named_by_its_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert git.parse_remote("notes").url == str(tmp_path / "notes")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "  ",
        "--upload-pack=touch x",
        "ext::sh -c id",
        "git://example.org/x",
        "http://example.org/x",
        "https:///x",
        "a\nb",
        "https://[::1",
    ],
)
def test_addresses_that_are_none_are_refused_with_a_remedy(address: str) -> None:
    with pytest.raises(GitError) as caught:
        git.latest(git.parse_remote(address), "")
    assert caught.value.remedy


@pytest.mark.parametrize("address", ["/srv/notes", "file:///srv/notes", "https://ada:secret@git.example.org/x"])
def test_from_the_browser_only_plain_remote_addresses_are_taken(address: str) -> None:
    with pytest.raises(GitError, match="not followed from the browser"):
        git.parse_remote(address, guarded=True)


PRIVATE_V4 = (
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "0.0.0.0",
    "100.64.0.1",
    "224.0.0.1",
)
PRIVATE_V6 = ("::1", "fe80::1%eth0", "fd00::1", "::ffff:10.0.0.1")
LED_ON = ("64:ff9b::a01:203", "64:ff9b::169.254.169.254", "2002:a01:203::1", "2001:0:a01:203::1", "2001::f5fe:fdfc")


@pytest.mark.parametrize("found", PRIVATE_V4 + PRIVATE_V6 + LED_ON)
def test_addresses_in_a_private_network_are_refused(found: str) -> None:
    remote = git.parse_remote("https://git.example.org/x", guarded=True)
    with pytest.raises(GitError, match="private network"):
        git.public_address(remote, lambda _: [found])


def test_one_private_address_among_public_ones_is_enough() -> None:
    remote = git.parse_remote("https://git.example.org/x", guarded=True)
    with pytest.raises(GitError, match="private network"):
        git.public_address(remote, lambda _: ["93.184.215.14", "127.0.0.1"])
    assert git.public_address(remote, lambda _: ["93.184.215.14"]) == "93.184.215.14"


def test_a_guarded_fetch_of_this_machine_is_refused_before_git_runs() -> None:
    with pytest.raises(GitError, match="private network"):
        git.latest(git.parse_remote("https://127.0.0.1:1/x", guarded=True), "", guarded=True)


def test_a_password_is_never_shown() -> None:
    shown = git.parse_remote("https://ada:secret@git.example.org/x").shown
    assert "secret" not in shown
    assert shown == "https://ada@git.example.org/x"


@pytest.mark.parametrize(
    ("patterns", "path", "named"),
    [
        ("**/*.md", "a.md", True),
        ("**/*.md", "docs/deep/a.md", True),
        ("*.md", "docs/a.md", False),
        ("docs/*.md", "docs/a.md", True),
        ("docs/**", "docs/x/y.md", True),
        ("README.md, docs/*.csv", "docs/a.csv", True),
        ("README.md", "readme_md", False),
        ("**/*.md", ".github/a.md", False),
        ("q?.md", "q1.md", True),
        ("[a-z].md", "b.md", False),
    ],
)
def test_patterns_name_files(patterns: str, path: str, named: bool) -> None:
    assert git.matcher(patterns)(path) is named


@pytest.mark.parametrize("branch", ["--help", "a..b", "x y", "main;id", "-b"])
def test_odd_branches_are_refused(branch: str, tmp_path: Path) -> None:
    with pytest.raises(GitError, match="no name of a branch"):
        git.latest(git.parse_remote(str(tmp_path)), branch)


def _git(folder: Path, *words: str) -> None:
    subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True)


def _commit(folder: Path, message: str) -> None:
    _git(folder, "add", ".")
    _git(folder, "-c", "user.name=Ada", "-c", "user.email=ada@example.org", "commit", "--quiet", "-m", message)


def _commit_index(folder: Path, message: str) -> None:
    _git(folder, "-c", "user.name=Ada", "-c", "user.email=ada@example.org", "commit", "--quiet", "-m", message)


def _told(folder: Path, *words: str, given: str = "") -> str:
    done = subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True, text=True, input=given)
    return done.stdout.strip()


def test_links_in_a_repository_lead_nowhere(tmp_path: Path) -> None:
    repository = tmp_path / "notes"
    repository.mkdir()
    _git(repository, "init", "--quiet")
    (repository / "a.md").write_text("# A?\n\nYes.\n")
    (repository / "secret.md").symlink_to("/etc/passwd")
    _commit(repository, "Two files")
    with git.fetched(git.parse_remote(str(repository)), "") as checkout:
        found = checkout.files(git.matcher("**/*"), max_bytes=1000)
    assert [(file.path, file.data) for file in found] == [("a.md", b"# A?\n\nYes.\n")]
    assert checkout.commit.title == "Two files"
    assert not Path(checkout.folder).exists()


def test_a_file_too_large_is_cut_for_the_reader_to_refuse(tmp_path: Path) -> None:
    _git(tmp_path, "init", "--quiet")
    (tmp_path / "a.md").write_text("x" * 5000)
    (tmp_path / "b.md").write_text("y")
    _commit(tmp_path, "Two sizes")
    with git.fetched(git.parse_remote(str(tmp_path)), "") as checkout:
        sizes = [len(file.data) for file in checkout.files(git.matcher("*"), max_bytes=1000)]
    assert sizes == [1001, 1]


def test_a_few_small_folders_that_name_millions_of_files_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git, "MAX_LISTING_BYTES", 100_000)
    _git(tmp_path, "init", "--quiet")
    (tmp_path / "a.md").write_text("x")
    for name in "bcdefghij":
        (tmp_path / f"{name}.md").write_text("x")
    _commit(tmp_path, "Ten files")
    tree = _told(tmp_path, "rev-parse", "HEAD^{tree}")
    for _ in range(3):
        rows = "".join(f"040000 tree {tree}\t{name}\n" for name in "abcdefghij")
        tree = _told(tmp_path, "mktree", given=rows)
    _git(tmp_path, "read-tree", tree)
    _commit_index(tmp_path, "Ten thousand")
    with (
        git.fetched(git.parse_remote(str(tmp_path)), "") as checkout,
        pytest.raises(GitError, match="too large"),
    ):
        checkout.files(git.matcher("**/*"), max_bytes=1000)


def test_of_a_file_too_large_nothing_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _git(tmp_path, "init", "--quiet")
    (tmp_path / "zeros.md").write_bytes(bytes(3_000_000))
    (tmp_path / "a.md").write_text("x")
    _commit(tmp_path, "Small when packed")
    monkeypatch.setattr(git, "MAX_TOTAL_BYTES", 500_000)
    with git.fetched(git.parse_remote(str(tmp_path)), "") as checkout:
        found = checkout.files(git.matcher("*"), max_bytes=1000)
    assert [len(file.data) for file in found] == [1, 1001]
