"""What deserves a warning about the cards of a document: drafts, and questions that are asked twice."""

from collections import defaultdict
from collections.abc import Sequence

from app.content.document import Card, Warning
from app.content.parsing.answers import is_only_links
from app.content.parsing.titles import plain


def draft_warnings(file: str, cards: Sequence[Card]) -> list[Warning]:
    """One for each card without an answer."""
    return [Warning(file, card.line, *_said(card)) for card in cards if card.draft]


def _said(card: Card) -> tuple[str, str]:
    """What is missing, and the remedy."""
    if card.options and not card.answer:
        return (
            f"“{_short(card.question)}” does not say which option is right: it is kept as a draft and not asked.",
            "Tick the right one, or name it below the options (Answer: B).",
        )
    return (
        f"“{_short(card.question)}” has no answer{_instead(card)}: it is kept as a draft and not asked.",
        "Write an answer below the question.",
    )


def _instead(card: Card) -> str:
    if not card.answer:
        return ""
    return ", only a link" if is_only_links(card.answer) else ", only a placeholder"


def double_warnings(file: str, cards: Sequence[Card]) -> list[Warning]:
    """One for each card whose question, with its code and options, stands further up already."""
    groups: defaultdict[str, list[Card]] = defaultdict(list)
    for card in cards:
        options = "\n".join(option.text for option in card.options)
        groups[" ".join(plain(f"{card.question} {options}").lower().split())].append(card)
    return [
        Warning(
            file,
            card.line,
            f"“{_short(card.question)}” is asked in line {group[0].line} already; both cards are kept.",
            "Reword one of the two, or take it away.",
        )
        for group in groups.values()
        for card in group[1:]
    ]


def _short(text: str, limit: int = 70) -> str:
    line = plain(text)
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
