"""What counts as a word, and what a query asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content.terms import MAX_INDEXED, Asked, answers, asked, indexed, terms, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What is a VAE?", ["what", "is", "a", "vae"]),
        ("Résumé, NAÏVE, Ünïcöde, Straße", ["resume", "naive", "unicode", "strasse"]),
        ("Re\u0301sume\u0301", ["resume"]),
        ("\ufb01le \uff34\uff25\uff38\uff34", ["file", "text"]),
        ("C++ and C#, not C; i++ but count++", ["cplusplus", "and", "csharp", "not", "c", "iplusplus", "but", "count"]),
        ("node.js snake_case don't 1e5", ["node", "js", "snake", "case", "don", "t", "1e5"]),
        ("東京都 tower", ["東", "京", "都", "tower"]),
        ("हिन्दी", ["हिन्दी"]),
        ("Ёлка", ["елка"]),
        ("** -- \"' \\ \0", []),
    ],
)
def test_words_are_compared_without_case_accents_and_signs(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("latent space", (Asked(("latent",)), Asked(("space",), prefix=True))),
        ('"latent space"', (Asked(("latent", "space")),)),
        ('"latent space" vae', (Asked(("latent", "space")), Asked(("vae",), prefix=True))),
        ('"not closed', (Asked(("not", "closed")),)),
        ("node.js", (Asked(("node", "js"), prefix=True),)),
        ("東京", (Asked(("東", "京"), prefix=True),)),
        ("a a a b", (Asked(("a",)), Asked(("b",), prefix=True))),
        ("AND OR NOT", (Asked(("and",)), Asked(("or",)), Asked(("not",), prefix=True))),
        ('"" * ^ ()', ()),
        ("", ()),
    ],
)
def test_a_query_is_words_and_phrases_of_which_the_last_may_be_unfinished(
    query: str, expected: tuple[Asked, ...]
) -> None:
    assert asked(query) == expected


def test_a_query_is_bounded() -> None:
    assert len(asked(" ".join(map(str, range(1000))))) == 12
    assert all(len(part.terms[0]) <= 64 for part in asked("x" * 10_000))
    assert len(indexed("word " * 100_000)) <= MAX_INDEXED


def test_a_text_answers_only_what_has_all_parts() -> None:
    text = "The latent space of a VAE"
    assert answers(asked("vae latent"), text)
    assert answers(asked('"latent space" va'), text)
    assert not answers(asked('"space latent"'), text)
    assert not answers(asked("lat space"), text), "only the last word may be unfinished"


def test_words_know_where_they_stand() -> None:
    text = "Is Cafe\u0301 C++?"
    found = {text[word.start : word.end]: word.terms for word in words(text)}
    assert found == {"Is": ("is",), "Cafe\u0301": ("cafe",), "C++": ("cplusplus",)}


@given(st.text(alphabet="abCж1_ +#’日-.\n", max_size=40))
def test_a_text_has_the_terms_of_its_words_however_it_is_taken_apart(text: str) -> None:
    assert terms(text) == [term for word in words(text) for term in word.terms]
