"""Files of a git repository, read with the git command line and without a working tree.

One commit is fetched, shallow, into a bare repository that is thrown away afterwards; files are read as objects. So no
hook, filter, link or path of somebody else's ever touches this machine's files.
"""

import ipaddress
import os
import re
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO
from urllib.parse import urlsplit

TIMEOUT_S = 120
MAX_FILES = 5_000
MAX_TOTAL_BYTES = 200_000_000
"""Of one sync; the fetched pack may not be larger either."""
MAX_LISTING_BYTES = 20_000_000
"""Of the list of a commit's files: a few small folders that hold one another can name more than any memory takes."""
_SCP_LIKE = re.compile(r"^(?:(?P<user>[\w.-]+)@)?(?P<host>[\w.-]+):(?P<path>[^:/\\].*)$")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_SCHEMES = ("https", "ssh", "file")
_FAILURES = (
    (
        r"could not read Username|Authentication failed|terminal prompts disabled|Permission denied|publickey",
        "The repository asks for a password.",
        "Make it readable without one, or let this machine's user read it by an SSH key; then sync again.",
    ),
    (
        r"Could not resolve host|Name or service not known",
        "The server's name is not known.",
        "Check the address for a slip, or try again when the network is back.",
    ),
    (
        r"couldn't find remote ref|Remote branch .* not found",
        "There is no such branch.",
        "Check the name of the branch in the source's settings.",
    ),
    (
        r"not found|does not appear to be a git repository|not a git repository|does not exist|No such file",
        "There is no repository at this address.",
        "Check the address; a private repository may also be shown as missing.",
    ),
    (
        r"File size limit|file too large|No space left|signal 25",
        "The repository is too large.",
        f"One sync fetches at most {MAX_TOTAL_BYTES // 1_000_000} MB: follow a smaller repository.",
    ),
)


class GitError(Exception):
    """A repository that could not be read: what happened, what to do, and what git said."""

    def __init__(self, problem: str, remedy: str, detail: str = "") -> None:
        super().__init__(f"{problem} {remedy}")
        self.problem = problem
        self.remedy = remedy
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Remote:
    """Where a repository is: the address as given, and what its parts say. `path` is set for a folder here."""

    url: str
    scheme: str
    host: str = ""
    port: int | None = None

    @property
    def shown(self) -> str:
        """The address without a password that may stand in it."""
        return re.sub(r"(?<=://)([^/@:]*):[^/@]*@", r"\1@", self.url)


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit: its full hash, and the first line of its message."""

    sha: str
    title: str


@dataclass(frozen=True, slots=True)
class GitFile:
    """A file of a commit, by its path with forward slashes."""

    path: str
    data: bytes


def parse_remote(text: str, *, guarded: bool = False) -> Remote:
    """The repository an address names: https, ssh, `user@host:path`, file, or a folder of this machine.

    `guarded` takes only https and ssh, without a password in the address. Raises GitError.
    """
    text = text.strip()
    if not text or text.startswith("-") or any(ord(letter) < 33 for letter in text):
        raise GitError(
            "This is no address of a repository.", "Give one such as https://git.example.org/team/notes.git."
        )
    scp = None if "://" in text else _SCP_LIKE.match(text)
    if scp:
        return Remote(text, "ssh", scp["host"])
    if "://" not in text:
        if guarded:
            raise _refused("A folder of the server can only be followed from its command line.")
        return Remote(str(Path(text).expanduser().resolve()), "file")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise GitError("This is no address of a repository.", "Check it for a slip.", str(error)) from error
    if parts.scheme not in _SCHEMES or (parts.scheme != "file" and not host):
        raise GitError(f"Addresses of the kind “{parts.scheme}” are not followed.", "Use https, ssh or file.")
    if guarded and (parts.scheme == "file" or parts.password):
        raise _refused("Use https or ssh, without a password in the address.")
    return Remote(text, parts.scheme, host, port)


def _refused(remedy: str) -> GitError:
    return GitError("This address is not followed from the browser.", remedy)


Resolve = Callable[[str], Sequence[str]]


def resolve(host: str) -> list[str]:
    """The network addresses of a name."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as error:
        raise GitError("The server's name is not known.", "Check the address for a slip.", str(error)) from error
    return [str(entry[4][0]) for entry in found]


def public_address(remote: Remote, lookup: Resolve | None = None) -> str:
    """One network address of a repository's server, all of which must be on the public internet. Raises GitError."""
    addresses = [ipaddress.ip_address(one.partition("%")[0]) for one in (lookup or resolve)(remote.host)]
    for address in addresses:
        if not all(one.is_global and not one.is_multicast for one in (address, *_inside(address))):
            raise GitError(
                "This address leads into a private network.",
                "From the browser only public repositories are followed; use `reprise content add-source` instead.",
            )
    if not addresses:
        raise GitError("The server's name is not known.", "Check the address for a slip.")
    return str(addresses[0])


def _inside(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> list[ipaddress.IPv4Address]:
    """The addresses of the older kind that one of the newer kind leads on to: mapped, 6to4, Teredo, NAT64."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64:
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
    return [one for one in found if one is not None]


def latest(remote: Remote, branch: str, *, guarded: bool = False) -> str:
    """The hash of the commit that a branch (empty: the default one) is at now. Raises GitError."""
    ref = f"refs/heads/{branch}" if branch else "HEAD"
    _check_branch(branch)
    told = _git(["ls-remote", "--exit-code", "--", remote.url, ref], remote=remote, guarded=guarded, missing_ref=True)
    return told.decode().split("\t")[0]


@contextmanager
def fetched(remote: Remote, branch: str, *, guarded: bool = False) -> Iterator["Checkout"]:
    """The latest commit of a branch, fetched; gone from this machine when the block ends. Raises GitError."""
    _check_branch(branch)
    with tempfile.TemporaryDirectory(prefix="reprise-git-") as folder:
        _git(["init", "--quiet", "--bare", folder])
        ref = f"refs/heads/{branch}" if branch else "HEAD"
        fetch = ["fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--", remote.url, ref]
        _git(fetch, folder=folder, remote=remote, guarded=guarded)
        sha, _, title = (
            _git(["log", "-1", "--format=%H%x00%s", "FETCH_HEAD"], folder=folder)
            .decode("utf-8", "replace")
            .partition("\0")
        )
        yield Checkout(folder, Commit(sha.strip(), title.strip()[:200]))


@dataclass(frozen=True, slots=True)
class Checkout:
    """A fetched commit."""

    folder: str
    commit: Commit

    def files(self, wanted: Callable[[str], bool], *, max_bytes: int) -> list[GitFile]:
        """The files whose path is `wanted`, in the order of their paths.

        Of one larger than `max_bytes` nothing is read, for it may be far larger than the pack it came in: it has zeros,
        one more than that. Links and submodules are passed over. Raises GitError where there are too many, or too much
        of them.
        """
        list_all = ["ls-tree", "-r", "-z", "-l", self.commit.sha]
        listed = _git(list_all, folder=self.folder, most=MAX_LISTING_BYTES).decode("utf-8", "replace")
        found: list[tuple[str, str, int]] = []
        total = 0
        for line in filter(None, listed.split("\0")):
            facts, _, path = line.partition("\t")
            mode, kind, name, size = facts.split()
            if kind != "blob" or mode not in ("100644", "100755") or not wanted(path):
                continue
            found.append((path, name, int(size)))
            total += min(int(size), max_bytes)
        if len(found) > MAX_FILES or total > MAX_TOTAL_BYTES:
            raise GitError(
                f"{len(found):,} files of {total // 1_000_000:,} MB are named.",
                f"Name at most {MAX_FILES:,} files and {MAX_TOTAL_BYTES // 1_000_000} MB, for example docs/**/*.md.",
            )
        blobs = self._blobs([name for _, name, size in found if size <= max_bytes])
        return [GitFile(path, next(blobs) if size <= max_bytes else bytes(max_bytes + 1)) for path, _, size in found]

    def _blobs(self, names: Sequence[str]) -> Iterator[bytes]:
        given = "".join(f"{name}\n" for name in names).encode()
        told = _git(["cat-file", "--batch"], folder=self.folder, given=given, most=2 * MAX_TOTAL_BYTES)
        at = 0
        for _ in names:
            end = told.index(b"\n", at)
            size = int(told[at:end].split()[2])
            yield told[end + 1 : end + 1 + size]
            at = end + 1 + size + 1


def matcher(patterns: str) -> Callable[[str], bool]:
    """Whether a path is named by one of the comma-separated `patterns`: `*` within a folder, `**` over folders.

    Hidden files and folders are never named.
    """
    parts = [re.compile(_translated(one.strip().removeprefix("/"))) for one in patterns.split(",") if one.strip()]

    def wanted(path: str) -> bool:
        hidden = any(part.startswith(".") for part in PurePosixPath(path).parts)
        return not hidden and any(part.fullmatch(path) for part in parts)

    return wanted


def _translated(pattern: str) -> str:
    made = re.escape(pattern).replace(r"\*\*/", "(?:.*/)?").replace(r"\*\*", ".*")
    return made.replace(r"\*", "[^/]*").replace(r"\?", "[^/]")


def is_branch(name: str) -> bool:
    """Whether this can be the name of a branch, and nothing else."""
    return re.fullmatch(r"[\w][\w./@+-]*", name) is not None and ".." not in name


def _check_branch(branch: str) -> None:
    if branch and not is_branch(branch):
        raise GitError(f"“{branch[:60]}” is no name of a branch.", "Give its plain name, for example main.")


def _environment(remote: Remote | None, pinned: str) -> dict[str, str]:
    ssh = "ssh -o BatchMode=yes -o StrictHostKeyChecking=accept-new -o ConnectTimeout=15"
    if remote is not None and pinned:
        ssh += f" -o HostName={pinned} -o HostKeyAlias={remote.host}"
    kept = {
        name: os.environ[name] for name in ("PATH", "HOME", "SSH_AUTH_SOCK", "LANG", "TMPDIR") if name in os.environ
    }
    return kept | {
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "true",
        "GIT_SSH_COMMAND": ssh,
        "GIT_ALLOW_PROTOCOL": "https:ssh" if pinned else "https:ssh:file",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_OPTIONAL_LOCKS": "0",
        "LC_ALL": "C",
    }


def _git(
    arguments: Sequence[str],
    *,
    folder: str = "",
    remote: Remote | None = None,
    guarded: bool = False,
    given: bytes = b"",
    missing_ref: bool = False,
    most: int = MAX_TOTAL_BYTES,
) -> bytes:
    """What git prints. It asks nobody anything, runs no hook, and is ended when it takes too long or writes too much.

    `most` bounds each file that it writes, in bytes; what it prints is one.
    """
    pinned = public_address(remote) if remote is not None and guarded else ""
    options = [
        "-c",
        "core.hooksPath=/dev/null",
        "-c",
        "safe.directory=*",
        "-c",
        "gc.auto=0",
        "-c",
        "protocol.version=2",
    ]
    options += ["-c", f"http.followRedirects={'false' if pinned else 'initial'}"]
    if remote is not None and pinned and remote.scheme == "https":
        bracketed = f"[{pinned}]" if ":" in pinned else pinned
        options += ["-c", f"http.curloptResolve={remote.host}:{remote.port or 443}:{bracketed}"]
    place = ["--git-dir", folder] if folder else []
    # The shell's own limit (blocks of 512 bytes) holds for the pack, and for what git prints, as that is a file too.
    limited = ["sh", "-c", f'ulimit -f {most // 512}; exec git "$@"', "git", *options, *place, *arguments]
    with tempfile.TemporaryFile() as printed:
        status, said = _run(limited, _environment(remote, pinned), given, printed)
        if status != 0:
            raise _failure(said.decode("utf-8", "replace"), status, missing_ref=missing_ref)
        printed.seek(0)
        return printed.read()


def _run(command: Sequence[str], environment: Mapping[str, str], given: bytes, printed: IO[bytes]) -> tuple[int, bytes]:
    """Run a command that prints into a file; how it ended, and what it said of errors. Raises GitError."""
    try:
        process = subprocess.Popen(  # noqa: S603  # every argument is checked, and none is an option of git's
            command,
            stdin=subprocess.PIPE,
            stdout=printed,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        raise GitError("Git cannot be run on this machine.", "Install git.", str(error)) from error
    try:
        _, said = process.communicate(given, timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired as error:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise GitError(f"It took longer than {TIMEOUT_S} seconds.", "Try again later.") from error
    return process.returncode, said


def _failure(said: str, status: int, *, missing_ref: bool) -> GitError:
    said = re.sub(r"(?<=://)[^/@\s]*@", "", said).strip()[:2000]
    if missing_ref and status == 2 and not said:
        said = "couldn't find remote ref"
    if status == -signal.SIGXFSZ:
        said = f"signal 25 {said}"
    for pattern, problem, remedy in _FAILURES:
        if re.search(pattern, said, re.IGNORECASE):
            return GitError(problem, remedy, said)
    return GitError("Git could not read the repository.", "See what git said, mend that, and sync again.", said)
