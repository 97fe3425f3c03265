"""As much of the protobuf wire format as packages need. Source: protobuf.dev, “Encoding”."""

from __future__ import annotations

from collections.abc import Iterator

_FIXED = {1: 8, 5: 4}


class BadMessage(ValueError):
    """Bytes that are no message."""


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a message in order: number, and a whole number or bytes. Raises BadMessage."""
    place = 0
    while place < len(data):
        key, place = _varint(data, place)
        kind = key & 7
        value: int | bytes
        if kind == 0:
            value, place = _varint(data, place)
        elif kind == 2 or kind in _FIXED:
            size, place = _varint(data, place) if kind == 2 else (_FIXED[kind], place)
            if place + size > len(data):
                raise BadMessage
            value = data[place : place + size]
            place += size
        else:
            raise BadMessage
        yield key >> 3, value


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if place >= len(data):
            break
        byte = data[place]
        place += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, place
    raise BadMessage
