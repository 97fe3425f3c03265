"""E-mail addresses: one form for all the ways to write one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.addresses import MAX_LENGTH, BadAddress, normalise


@pytest.mark.parametrize(
    "written",
    [
        "admin@example.org",
        " admin@example.org ",
        "ADMIN@EXAMPLE.ORG",
        "\uff41\uff44\uff4d\uff49\uff4e@example.org",
        "admin@\uff45xample.org",
        "admin\uff20example.org",
        "\u00a0admin@example.org\u3000",
        "\u1d2cdmin@example.org",
    ],
)
def test_variants_of_one_address_are_one(written: str) -> None:
    """SECURITY.md 4: spaces, case, full-width and modifier letters do not make another address."""
    assert normalise(written) == "admin@example.org"


@pytest.mark.parametrize("written", ["ana@b\u00fccher.example.org", "ana@xn--bcher-kva.example.org"])
def test_a_domain_is_kept_in_letters(written: str) -> None:
    assert normalise(written) == "ana@b\u00fccher.example.org"


@pytest.mark.parametrize("written", ["ada@study.local", "ada@portal.test", "ada+decks@sub.example.co.uk"])
def test_addresses_of_private_networks_are_addresses(written: str) -> None:
    assert normalise(written) == written


@pytest.mark.parametrize(
    "written",
    [
        "",
        "ada",
        "ada@",
        "@example.org",
        "a b@example.org",
        "ada@exa mple.org",
        "ada@example.org\x00",
        "ada@example.org\nbcc:x@example.org",
        "ada@[127.0.0.1]",
        "a@" + "b." * 200 + "org",
        "x" * 5000,
    ],
)
def test_what_is_no_address_is_refused(written: str) -> None:
    with pytest.raises(BadAddress):
        normalise(written)


@given(st.text(max_size=30), st.text(max_size=30))
def test_the_form_is_final(local: str, domain: str) -> None:
    try:
        once = normalise(f"{local}@{domain}.example.org")
    except BadAddress:
        return
    assert normalise(once) == once
    assert len(once) <= MAX_LENGTH
