"""Images an editor adds: only what is one, only its pixels, once."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image
from PIL.ExifTags import Base
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db.models import Media
from app.library import pictures
from app.library.media import Picture
from app.library.pictures import MAX_SIDE, NotAPicture, remade
from tests.builders import LONG_AGO, make_deck


def encoded(kind: str, image: Image.Image, **options: object) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def drawing(mode: str = "RGB", size: tuple[int, int] = (40, 20)) -> Image.Image:
    image = Image.new("RGB", size, "white")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    return image.convert(mode)


def opened(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data))


@pytest.mark.parametrize(
    ("kind", "mode", "mime"),
    [
        ("PNG", "RGBA", "image/png"),
        ("PNG", "P", "image/png"),
        ("PNG", "I;16", "image/png"),
        ("JPEG", "RGB", "image/jpeg"),
        ("JPEG", "CMYK", "image/jpeg"),
        ("WEBP", "RGB", "image/webp"),
        ("GIF", "P", "image/png"),
    ],
)
def test_each_kind_is_kept_and_made_anew(kind: str, mode: str, mime: str) -> None:
    image = Image.new("I;16", (40, 20)) if mode == "I;16" else drawing(mode)
    made = remade(encoded(kind, image))
    assert made.mime == mime
    assert opened(made.data).size == (40, 20)
    assert remade(made.data).mime == mime


def test_where_a_photo_was_taken_is_not_kept_and_it_stands_upright() -> None:
    exif = Image.Exif()
    exif[Base.Orientation.value] = 6
    exif[Base.Make.value] = "A camera"
    exif.get_ifd(0x8825)[1] = "N"
    made = remade(encoded("JPEG", drawing(), exif=exif, comment=b"at home"))
    found = opened(made.data)
    assert found.size == (20, 40)
    assert not found.getexif()
    assert b"camera" not in made.data
    assert b"at home" not in made.data


def test_a_huge_one_is_made_smaller() -> None:
    assert max(opened(remade(encoded("PNG", drawing("L", (5000, 100)))).data).size) == MAX_SIDE


def test_of_moving_pictures_the_first_frame_stays() -> None:
    frames = [drawing("P"), Image.new("P", (40, 20))]
    made = remade(encoded("GIF", frames[0], save_all=True, append_images=frames[1:]))
    assert getattr(opened(made.data), "n_frames", 1) == 1


def bomb() -> bytes:
    """A PNG of a few hundred bytes that claims 30,000 by 30,000 pixels."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "kind"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "kind"),
        (b"%PDF-1.7", "kind"),
        (b"BM" + bytes(100), "kind"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "broken"),
        (b"\xff\xd8\xff" + bytes(50), "broken"),
        (encoded("PNG", drawing())[:-40], "broken"),
        (b"\x89PNG\r\n\x1a\n" + bytes(pictures.MAX_BYTES), "size"),
        (bomb(), "pixels"),
    ],
)
def test_what_is_no_image_or_too_much_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(NotAPicture) as told:
        remade(data)
    assert told.value.reason == reason


def test_the_same_image_is_kept_once_and_another_has_a_name_of_its_own(session: Session) -> None:
    deck, other = make_deck(session), make_deck(session)
    one, two = remade(encoded("PNG", drawing())), remade(encoded("PNG", drawing("L")))

    def added(slug: str, made: Picture, name: str) -> str:
        return pictures.add(session, slug=slug, made=made, filename=name, now=LONG_AGO)

    assert added(deck.slug, one, "C:\\photos\\GAN overview.PNG") == "images/gan-overview.png"
    assert added(deck.slug, one, "again.png") == "images/gan-overview.png"
    assert added(deck.slug, two, "gan-overview.png") == "images/gan-overview-2.png"
    assert added(other.slug, one, "图.png") == "images/image.png"
    assert session.scalar(select(func.count()).select_from(Media)) == 2
