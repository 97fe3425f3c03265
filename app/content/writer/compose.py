"""A document for cards that never came from one."""

import re
from collections.abc import Sequence

from app.content.document import CardText

_DEEPEST = 6
_TICKED = re.compile(r"^[ \t]*[-*+] \[[ xX]\]", re.MULTILINE)


def compose(title: str, cards: Sequence[CardText], *, idents: Sequence[str | None] = (), description: str = "") -> str:
    """Markdown with a title, a heading for each section, and one for each question, all on one level.

    Options stand as a task list under their question. Questions keep their first line in the heading, further lines
    below it.
    """
    parts = [f"# {title}"] + ([description.strip()] if description.strip() else [])
    level = min(_DEEPEST, 2 + max((len(card.section) for card in cards), default=0))
    section: tuple[str, ...] = ()
    for number, card in enumerate(cards):
        shared = 0
        while shared < min(len(section), len(card.section)) and section[shared] == card.section[shared]:
            shared += 1
        if shared == len(card.section) < len(section):
            shared = max(0, shared - 1)  # the way back up to a section is its heading once more
        parts += [
            f"{'#' * min(_DEEPEST - 1, depth + 2)} {card.section[depth]}" for depth in range(shared, len(card.section))
        ]
        section = card.section
        ident = idents[number] if number < len(idents) else None
        parts.append(_card(card, level, ident))
    return "\n\n".join(parts) + "\n"


def _card(card: CardText, level: int, ident: str | None) -> str:
    first, _, rest = card.question.strip().partition("\n")
    blocks = [f"{'#' * level} {first}", rest.strip("\n")]
    if not _TICKED.search(card.answer):
        blocks.append("\n".join(f"- [{'x' if option.right else ' '}] {option.text}" for option in card.options))
    blocks.append(card.answer.strip("\n"))
    text = "\n\n".join(block for block in blocks if block.strip())
    return f"<!-- id: {ident} -->\n{text}" if ident else text
