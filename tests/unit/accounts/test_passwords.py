"""Which passwords are taken, and how they are kept."""

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type

from app.accounts import passwords

WORDS = ("Field Notes", "reprise", "ada.lovelace@example.org")


@pytest.mark.parametrize(
    "password",
    ["a b c d!", "quiet harbour lamp", "αβγδεζηθ", "tree fields, noted by nobody", "x" * 64, "many words " * 90],
)
def test_any_long_enough_text_is_taken(password: str) -> None:
    """SECURITY.md 1: eight characters are enough, 64 and many more are taken, nothing is prescribed."""
    assert passwords.fault(password, words=WORDS) is None


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("", "short"),
        ("seven77", "short"),
        ("x" * 1025, "long"),
        ("é" * 513, "long"),
        ("password", "common"),
        ("PASSWORD1", "common"),
        ("p@ssw0rd", "common"),
        ("iloveyou1", "common"),
        ("12345678", "common"),
        ("qwertyuiop", "common"),
        ("reprise1", "site"),
        ("R3pr1s3!!", "site"),
        ("fieldnotes", "site"),
        ("NOTESfield2026", "site"),
        ("lovelace", "site"),
        ("ada.lovelace", "site"),
        ("ada.lovelace@example.org", "site"),
    ],
)
def test_common_passwords_and_names_are_refused(password: str, fault: str) -> None:
    """SECURITY.md 1: the most common ones, and words of the site and of the account, in any dress."""
    assert passwords.fault(password, words=WORDS) == fault


def test_the_list_that_ships_holds_the_3000_most_common_of_a_usable_length() -> None:
    """SECURITY.md 1: a list of our own, not a service that is asked."""
    assert len(passwords._common()) >= 3000


def test_a_password_is_kept_whole() -> None:
    """SECURITY.md 1: nothing is cut off, neither at 72 bytes nor at a NUL."""
    kept = passwords.hashed("x" * 100 + "a")
    assert passwords.matches("x" * 100 + "a", kept)
    assert not passwords.matches("x" * 100 + "b", kept)
    kept = passwords.hashed("harbour\x00lamp")
    assert not passwords.matches("harbour\x00boat", kept)


def test_two_keyboards_agree() -> None:
    """A letter typed whole and one typed with a combining accent are the same password."""
    kept = passwords.hashed("caf\u00e9 au lait")
    assert passwords.matches("cafe\u0301 au lait", kept)
    assert not passwords.matches("Caf\u00e9 au lait", kept)


def test_hashes_are_argon2id_with_the_recommended_cost() -> None:
    """SECURITY.md 1: Argon2id, OWASP's parameters."""
    kept = extract_parameters(passwords.hashed("quiet harbour lamp"))
    assert kept.type is Type.ID
    assert (kept.time_cost, kept.memory_cost, kept.parallelism) == (1, 47_104, 1)


def test_a_hash_of_weaker_parameters_is_known_as_outdated() -> None:
    """SECURITY.md 1: parameters that rise are noticed at the next sign-in."""
    weak = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(b"quiet harbour lamp")
    assert passwords.matches("quiet harbour lamp", weak)
    assert passwords.outdated(weak)
    assert not passwords.outdated(passwords.hashed("quiet harbour lamp"))


@pytest.mark.parametrize("kept", [None, "", "plain", "$argon2id$v=19$m=8,t=1,p=1$AAAA$broken"])
def test_nothing_matches_a_password_that_is_not_kept(kept: str | None) -> None:
    assert not passwords.matches("the password of nobody", kept)
