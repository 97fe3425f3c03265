"""E-mail addresses in the one form they are kept and compared in."""

from unicodedata import normalize

import email_validator
from email_validator import EmailNotValidError, validate_email

MAX_LENGTH = 254

# Reserved, but in use for the machines of a house or a company, where a portal like this one often lives.
_PRIVATE = {"local", "localhost", "test"}
email_validator.SPECIAL_USE_DOMAIN_NAMES[:] = [
    name for name in email_validator.SPECIAL_USE_DOMAIN_NAMES if name not in _PRIVATE
]


class BadAddress(ValueError):
    """What was given is no e-mail address."""


def normalise(text: str) -> str:
    """The address trimmed, NFKC and in lower case; the domain's punycode becomes letters.

    Two spellings that a person would take for the same give the same result. Nothing is asked of the network.
    Raises `BadAddress`.
    """
    if len(text) > 4 * MAX_LENGTH:
        raise BadAddress("too long")
    folded = _fold(_fold(text).lower())
    try:
        valid = validate_email(folded, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError as error:
        raise BadAddress(str(error)) from error
    address = _fold(valid.normalized.lower())
    if len(address) > MAX_LENGTH:
        raise BadAddress("too long")
    return address


def _fold(text: str) -> str:
    return normalize("NFKC", text).strip()
