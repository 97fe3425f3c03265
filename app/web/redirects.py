"""Where a reader may be sent on to."""

import re
import unicodedata
from urllib.parse import urlsplit

from flask import request

_MAX_LENGTH = 2000


def safe_next(target: str | None, default: str) -> str:
    r"""`target` if it is a path of this portal, else `default`.

    Browsers read `//e`, `/\e`, `///e` and `https:e` as other sites, and drop tabs and line breaks before they read;
    `urlsplit` alone sees none of these (of `///e` it even gives a harmless path), so anything but a plain path is refused.
    """
    if not target or len(target) > _MAX_LENGTH or not target.startswith("/") or not _is_plain(target):
        return default
    try:
        parts = urlsplit(target)
    except ValueError:
        return default
    path = re.split(r"[?#]", target, maxsplit=1)[0]
    if parts.scheme or parts.netloc or "//" in path or {".", ".."} & set(path.split("/")):
        return default
    return target


def here() -> str:
    """The page that was asked for, as a path of this portal wherever it stands: what `safe_next` takes."""
    return request.root_path.rstrip("/") + request.full_path.rstrip("?")


def came_from(default: str) -> str:
    """The page of this portal whose form was sent, else `default`."""
    try:
        parts = urlsplit(request.referrer or "")
    except ValueError:
        return default
    if parts.netloc != request.host:
        return default
    return safe_next(f"{parts.path}?{parts.query}" if parts.query else parts.path, default)


def _is_plain(target: str) -> bool:
    """No backslash, control, format or separator character, nor one that turns into a slash by normalisation."""
    return not any(
        letter == "\\"
        or (letter != " " and unicodedata.category(letter)[0] in "CZ")
        or (letter > "\x7f" and set(unicodedata.normalize("NFKC", letter)) & set("/\\:?#@"))
        for letter in target
    )
