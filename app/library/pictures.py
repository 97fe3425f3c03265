"""Images that an editor adds: looked at, made anew from their pixels alone, and given a name in their deck.

What comes out of a camera or a clipboard carries more than a picture (where it was taken, a thumbnail of what was cut off):
only the pixels are kept. Nothing here trusts a name or a declared type.
"""

from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from pathlib import PurePath

from PIL import Image, ImageOps
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import Deck
from app.library import media
from app.library.editing import NotThere
from app.library.files import MAX_IMAGE_BYTES
from app.library.media import Picture, picture
from app.library.slugs import slugify

MAX_BYTES = 20_000_000
"""Bytes of a file that is looked at."""
MAX_PIXELS = 40_000_000
"""Pixels that are unpacked: four bytes each."""
MAX_SIDE = 2_400
"""The longest side of what is kept, in pixels; a larger image is made smaller."""
FOLDER = "images"
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
_MODES = {"PNG": ("1", "L", "LA", "P", "RGB", "RGBA"), "JPEG": ("L", "RGB"), "WEBP": ("RGB", "RGBA")}
_KEPT = ("icc_profile", "transparency")


class NotAPicture(Exception):
    """It cannot be shown as an image: `reason` is "kind", "size", "pixels" or "broken"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def remade(data: bytes) -> Picture:
    """The image that `data` is, upright, no larger than it is useful, without anything but its pixels. Raises NotAPicture.

    PNG, JPEG and WebP stay what they are, of a GIF the first frame becomes PNG. The same pixels give the same bytes.
    """
    if len(data) > MAX_BYTES:
        raise NotAPicture("size")
    if not data or (picture(data[:64]) is None):
        raise NotAPicture("kind")
    try:
        made = _drawn(data)
    except NotAPicture:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise NotAPicture("pixels") from error
    except Exception as error:  # a decoder may fail in any way on what somebody broke on purpose
        raise NotAPicture("broken") from error
    if len(made.data) > MAX_IMAGE_BYTES:
        raise NotAPicture("size")
    return made


def _drawn(data: bytes) -> Picture:
    with Image.open(BytesIO(data), formats=_FORMATS) as found:
        width, height = found.size
        if width * height > MAX_PIXELS:
            raise NotAPicture("pixels")
        kind = "PNG" if found.format == "GIF" else str(found.format)
        found.seek(0)
        found.load()
        image = ImageOps.exif_transpose(found)
    if image.mode not in _MODES[kind]:
        image = image.convert("RGBA" if kind != "JPEG" and image.has_transparency_data else "RGB")
    if max(image.size) > MAX_SIDE:
        if image.mode in ("1", "P"):
            image = image.convert("RGBA" if image.has_transparency_data else "RGB")
        image.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    image.info = {name: value for name, value in image.info.items() if name in _KEPT}
    out = BytesIO()
    image.save(out, kind, exif=b"", icc_profile=image.info.get("icc_profile"), optimize=True, quality=88)
    return Picture(f"image/{kind.lower()}", out.getvalue())


def add(session: Session, *, slug: str, made: Picture, filename: str, now: datetime) -> str:
    """Keep an image for a deck; gives the path its cards name it by. The same image again has the path it had. Flushes.

    Raises NotThere.
    """
    deck_id = session.scalar(select(Deck.id).where(Deck.slug == slug)) if "\0" not in slug else None
    if deck_id is None:
        raise NotThere
    here = media.of_deck(session, deck_id)
    known = next((path for path, url in here.items() if url == made.url), None)
    if known is not None:
        return known
    path = _free(filename, media.ENDINGS[made.mime], here)
    media.store_for_deck(session, deck_id=deck_id, files={path: made.data}, now=now)
    return path


def markdown(path: str, words: str) -> str:
    """The Markdown that shows an image, with `words` for those who cannot see it."""
    plain = " ".join(words.split()).replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    return f"![{plain}]({path})"


def _free(filename: str, ending: str, taken: Mapping[str, str]) -> str:
    stem = slugify(PurePath(filename.replace("\\", "/")).stem, otherwise="image")[:60]
    stem = stem.encode("ascii", "ignore").decode().strip("-") or "image"
    path, number = f"{FOLDER}/{stem}.{ending}", 2
    while path in taken:
        path, number = f"{FOLDER}/{stem}-{number}.{ending}", number + 1
    return path
