"""Sentences with words left out: `The capital of France is [Paris].`, `{{c1::Paris::city}}`."""

import re

_DELETION = re.compile(
    r"(?P<code>(?<!`)(?P<ticks>`+)(?!`).{1,2000}?(?<!`)(?P=ticks)(?!`)|\$\$.{1,2000}?\$\$|\$[^\s$](?:[^$\n]*[^\s$])?\$)|"
    r"\{\{c\d+::(?P<anki>(?:(?!\}\}|\{\{|::).)+)(?:::(?P<hint>(?:(?!\}\}|\{\{).)*))?\}\}|"
    r"(?<![!\\\w\]])\[(?P<plain>[^\[\]\n]+)\](?![(\[:])",
    re.DOTALL,
)
GAP = "[…]"


def has_deletions(text: str) -> bool:
    """Whether `text` has at least one word or phrase left out."""
    return any(match.group("code") is None for match in _DELETION.finditer(text))


def blanked(text: str) -> str:
    """The sentence as it is asked: every deletion a gap, or its hint in brackets."""
    return _DELETION.sub(_gap, text)


def revealed(text: str) -> str:
    """The sentence as it is answered: every deletion in plain brackets, which is cloze notation again."""
    return _DELETION.sub(_word, text)


def _gap(match: re.Match[str]) -> str:
    if match.group("code") is not None:
        return match.group(0)
    return f"[{match.group('hint')}]" if match.group("hint") else GAP


def _word(match: re.Match[str]) -> str:
    if match.group("code") is not None:
        return match.group(0)
    return f"[{match.group('anki') or match.group('plain')}]"
