"""Bytes to text: the one encoding that is read, and what is said about all others."""

import codecs

from app.content.document import ContentError

MAX_BYTES = 20_000_000
_OTHER_BOMS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


def decode(data: bytes, file: str, *, max_bytes: int = MAX_BYTES) -> str:
    """The text of a UTF-8 file, its byte-order mark removed and its line ends untouched.

    Raises ContentError when `data` is empty, larger than `max_bytes`, binary, or in another encoding; `line` is the
    line of the first byte that cannot be read.
    """
    if len(data) > max_bytes:
        raise ContentError(
            file,
            1,
            f"The file has {len(data):,} bytes; at most {max_bytes:,} are read.",
            "Split it into several files.",
        )
    for bom, name in _OTHER_BOMS:
        if data.startswith(bom):
            raise ContentError(file, 1, f"The file is encoded in {name}, not in UTF-8.", "Save it again as UTF-8.")
    data = data.removeprefix(codecs.BOM_UTF8)
    if not data.strip():
        raise ContentError(file, 1, "The file is empty.", "Write at least one question into it.")
    at = data.find(b"\0")
    if at >= 0:
        raise ContentError(
            file, _line(data, at), "The file has a NUL byte: it is no text.", "Choose a Markdown, CSV or TSV file."
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ContentError(
            file,
            _line(data, error.start),
            f"Byte 0x{data[error.start]:02x} is not valid UTF-8.",
            "Save the file again with the encoding UTF-8.",
        ) from None


def _line(data: bytes, offset: int) -> int:
    before = data[:offset].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return before.count(b"\n") + 1
