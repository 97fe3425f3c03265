"""Passwords: which are taken, and how they are kept. Argon2id alone, without a second secret whose loss would kill all.

A password is NFKC before anything looks at it, so that two keyboards typing the same letters agree; nothing is cut off.
"""

import re
import threading
from collections.abc import Iterable
from functools import cache
from typing import Literal
from unicodedata import normalize

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH = 8
MAX_BYTES = 1024
"""More would only serve to keep the portal busy; a long sentence has a tenth of that."""

TIME_COST = 1
MEMORY_KIB = 47_104
PARALLELISM = 1
"""OWASP's first recommendation for Argon2id: 46 MiB, one pass. Raising these rehashes each password at its next use."""

_hasher = PasswordHasher(time_cost=TIME_COST, memory_cost=MEMORY_KIB, parallelism=PARALLELISM)
_at_once = threading.BoundedSemaphore(4)
"""How many hashes a process computes at once: many sign-ins must not eat the machine's memory."""

_LEET = str.maketrans("013457@$!|", "oieastasil")
_MIN_WORD = 3
_MIN_OWN_LETTERS = 4

Fault = Literal["short", "long", "common", "site"]


def normalised(password: str) -> str:
    """The form of a password that is checked and hashed."""
    return normalize("NFKC", password)


def fault(password: str, *, words: Iterable[str] = ()) -> Fault | None:
    """What speaks against a new password, or None.

    `words` are names of the site and of the account: a password that is little more than one of them is refused, also
    with other capitals, digits for letters, or something short added.
    """
    if len(password) > MAX_BYTES:
        return "long"
    password = normalised(password)
    if len(password) < MIN_LENGTH:
        return "short"
    if len(password.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        return "long"
    folded = password.casefold()
    plain = folded.translate(_LEET)
    if folded in _common() or plain in _common():
        return "common"
    return "site" if _is_little_more_than(folded, words) else None


def _is_little_more_than(folded: str, words: Iterable[str]) -> bool:
    plain = folded.translate(_LEET)
    covered = [False] * len(folded)
    for word in {piece for text in words for piece in _pieces(text)}:
        for text in (folded, plain):
            for match in re.finditer(re.escape(word), text):
                covered[match.start() : match.end()] = [True] * len(word)
    own = sum(letter.isalpha() and not taken for letter, taken in zip(folded, covered, strict=False))
    return any(covered) and own < _MIN_OWN_LETTERS


def _pieces(text: str) -> list[str]:
    """The words of a name or an address, long enough to mean something."""
    return [piece for piece in re.split(r"[\W_]+", normalised(text).casefold()) if len(piece) >= _MIN_WORD]


@cache
def _common() -> frozenset[str]:
    """The most common passwords of leaked lists: all of zxcvbn's list that are long enough to be tried at all."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(word for word in FREQUENCY_LISTS["passwords"] if len(word) >= MIN_LENGTH)


def hashed(password: str) -> str:
    """The Argon2id hash to keep."""
    with _at_once:
        return _hasher.hash(normalised(password).encode("utf-8", "surrogatepass"))


def matches(password: str, kept: str | None) -> bool:
    """Whether `password` is the one that was kept. Without a kept one it takes as long and says no."""
    too_long = len(password) > MAX_BYTES
    given = "" if too_long else normalised(password)
    with _at_once:
        try:
            _hasher.verify(kept or _nobodys(), given.encode("utf-8", "surrogatepass"))
        except (VerificationError, InvalidHashError):
            return False
    return bool(kept) and not too_long


def prepare() -> None:
    """Compute now what the first sign-in would wait for: it must not take longer where there is no account."""
    _nobodys()


@cache
def _nobodys() -> str:
    """A hash that is verified where there is no account, so that both take the same time."""
    return _hasher.hash(b"the password of nobody")


def outdated(kept: str) -> bool:
    """Whether a kept hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(kept)
