"""A deck as plain data: what `reprise content preview --json` prints."""

from collections.abc import Iterable

from app.content.document import Card, Deck, Warning


def deck_data(deck: Deck) -> dict[str, object]:
    """`deck` as `{"title", "dialect", "cards", "warnings"}`; questions and answers are Markdown."""
    return {
        "title": deck.title,
        "dialect": deck.dialect,
        "cards": [card_data(card) for card in deck.cards],
        "warnings": warning_data(deck.warnings),
    }


def card_data(card: Card) -> dict[str, object]:
    """One card as `{"question", "answer", "section", "tags", "kind", "status", "line"}`."""
    return {
        "question": question_markdown(card),
        "answer": card.answer,
        "section": list(card.section),
        "tags": list(card.tags),
        "kind": card.kind.value,
        "status": card.status,
        "line": card.line,
    }


def warning_data(warnings: Iterable[Warning]) -> list[dict[str, object]]:
    """Warnings as `{"file", "line", "message", "remedy"}` each."""
    return [{"file": one.file, "line": one.line, "message": one.message, "remedy": one.remedy} for one in warnings]


def question_markdown(card: Card) -> str:
    """What asks, with the options below it; not where the answer is the ticked list of them itself."""
    if not card.options or options_in_answer(card):
        return card.question
    listed = "\n".join(f"- {option.key}. " + option.text.replace("\n", "\n  ") for option in card.options)
    return f"{card.question}\n\n{listed}"


def options_in_answer(card: Card) -> bool:
    """Whether the options stand in the answer, as a list with the right ones ticked."""
    options, answer = card.options_span, card.answer_span
    return options is not None and answer is not None and answer.start <= options.start < answer.end
