"""Archives from strangers: what is read of a good one, and why a bad one is refused before it is unpacked."""

import stat
import zipfile
from io import BytesIO

import pytest

from app.content.document import ContentError
from app.library import archives


def zipped(*files: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive of these files, with whatever names."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files:
            archive.writestr(name, data, method)
    return out.getvalue()


def entry(name: str, mode: int) -> zipfile.ZipInfo:
    """An entry of this kind."""
    info = zipfile.ZipInfo("placeholder")
    info.filename = info.orig_filename = name
    info.external_attr = mode << 16
    return info


def refused(data: bytes) -> str:
    """What is said of an archive that is refused."""
    with pytest.raises(ContentError) as caught:
        archives.look_through("notes.zip", data)
    assert caught.value.location.file == "notes.zip"
    assert caught.value.remedy
    return caught.value.problem


def test_the_files_of_a_folder_are_named_within_it() -> None:
    found = archives.look_through("download.zip", zipped(("notes/a.md", b"A"), ("notes/img/b.png", b"B")))
    assert (found.folder, found.names) == ("notes", ("a.md", "img/b.png"))
    assert (found.read("a.md"), found.read("img/b.png"), found.read("c.md")) == (b"A", b"B", None)


def test_files_side_by_side_take_the_archive_s_name() -> None:
    found = archives.look_through("notes.zip", zipped(("a.md", b"A"), ("b/c.md", b"C")))
    assert (found.folder, found.names) == ("notes", ("a.md", "b/c.md"))


def test_what_systems_leave_behind_is_passed_over() -> None:
    data = zipped(("n/a.md", b"A"), ("__MACOSX/n/._a.md", b"x"), ("n/.DS_Store", b"x"), ("n/.git/config", b"x"))
    found = archives.look_through("n.zip", data)
    assert (found.folder, found.names) == ("n", ("a.md",))


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("../a.md", "leads elsewhere"),
        ("n/../../a.md", "leads elsewhere"),
        ("n//a.md", "leads elsewhere"),
        ("./a.md", "leads elsewhere"),
        ("/etc/a.md", "absolute"),
        ("C:/a.md", "absolute"),
        ("c:a.md", "absolute"),
        ("n\\..\\a.md", "backslash"),
        ("n/a\nb.md", "control character"),
        ("n/" * 30 + "a.md", "too deep"),
        ("a" * 401, "too long a name"),
    ],
)
def test_names_that_lead_elsewhere_are_refused(name: str, problem: str) -> None:
    assert problem in refused(zipped(("good.md", b"A"), (entry(name, stat.S_IFREG | 0o644), b"B")))


def test_a_name_that_goes_on_behind_a_nul_is_refused() -> None:
    data = zipped(("n/a.mdXevil", b"A")).replace(b"a.mdXevil", b"a.md\0evil")
    assert "control character" in refused(data)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK])
def test_links_and_devices_are_refused(kind: int) -> None:
    assert "link or a device" in refused(zipped(("a.md", b"A"), (entry("b.md", kind | 0o777), b"/etc/passwd")))


@pytest.mark.parametrize("other", ["n/é.md", "N/É.md", "n/e\N{COMBINING ACUTE ACCENT}.md"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_twice_is_refused(other: str) -> None:
    assert "twice" in refused(zipped(("n/é.md", b"A"), (entry(other, stat.S_IFREG), b"B")))


def test_a_file_within_a_file_is_refused() -> None:
    assert "within a file" in refused(zipped(("n/a", b"A"), ("n/a/b.md", b"B")))


def test_a_bomb_is_refused_without_being_unpacked() -> None:
    assert "far more" in refused(zipped(("bomb.md", b"\0" * 15_000_000)))


def test_a_file_too_large_is_refused() -> None:
    assert "20,000,000" in refused(zipped(("a.md", b"a" * 20_000_001), method=zipfile.ZIP_STORED))


def test_too_much_together_is_refused() -> None:
    zeros = b"\0" * 1_000_000
    assert "200,000,000" in refused(zipped(*((f"{number}.png", zeros) for number in range(201))))


def test_too_many_files_are_refused() -> None:
    assert "5,001" in refused(zipped(*((f"{number}.md", b"") for number in range(5_001))))


def test_files_that_overlap_are_refused() -> None:
    data = bytearray(zipped(("a.md", b"x" * 600), ("b.md", b"y" * 10), method=zipfile.ZIP_STORED))
    at = data.index(b"PK\x01\x02")
    for place in (at + 20, at + 24):  # the sizes in the list of contents
        data[place : place + 4] = (5_000).to_bytes(4, "little")
    assert "overlap" in refused(bytes(data))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unusual_packing_is_refused(method: int) -> None:
    assert "unusual" in refused(zipped(("a.md", b"A" * 100), method=method))


def test_what_is_encrypted_is_refused() -> None:
    data = bytearray(zipped(("a.md", b"A")))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert "encrypted" in refused(bytes(data))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"no archive", b"PK\x05\x06" + b"\xff" * 18])
def test_what_is_no_archive_is_refused(data: bytes) -> None:
    assert "no zip archive" in refused(data)


def test_a_damaged_file_is_refused_when_it_is_read() -> None:
    data = bytearray(zipped(("a.md", b"some text to be damaged"), method=zipfile.ZIP_STORED))
    data[data.index(b"damaged")] ^= 1
    found = archives.look_through("n.zip", bytes(data))
    with pytest.raises(ContentError, match="damaged"):
        found.read("a.md")


def test_a_line_without_an_end_is_refused_when_it_is_read() -> None:
    found = archives.look_through("n.zip", zipped(("a.jsonl", b"a" * 2_000_001), method=zipfile.ZIP_STORED))
    with pytest.raises(ContentError, match="damaged"):
        list(found.lines("a.jsonl"))


def test_an_archive_within_an_archive_stays_a_file() -> None:
    inner = zipped(("../../evil.md", b"E"))
    found = archives.look_through("n.zip", zipped(("a.md", b"A"), ("inner.zip", inner)))
    assert found.read("inner.zip") == inner
