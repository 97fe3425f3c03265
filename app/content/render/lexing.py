"""Pygments' lexers, asked in fewer steps; what they find is the same.

Pygments compiles every rule of a lexer before its first use, and tries the rules of a state one by one at each place of
a text. Here a state is compiled when it is first entered, and its rules are alternatives of one expression. Where a text
has no letters but ASCII's, those of all the world are left out of the expressions: compiling them takes longer than all else.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pygments.lexer import Lexer, RegexLexer, RegexLexerMeta
from pygments.lexers import find_lexer_class_by_name
from pygments.token import Error, Whitespace, _TokenType
from pygments.util import ClassNotFound

_ALONE = re.compile(r"\\[1-9]|\(\?(?:P|\(|[a-zA-Z]+\))")
"""References, names and flags: in one expression of many they would mean something else, or be refused."""

_PLAIN = re.compile(r"[\x00-\x7f\u2010-\u2027\u2190-\u23ff\u2500-\u27bf\U0001f000-\U0001faff]*")
"""A text of ASCII and of signs: dashes, arrows, dingbats, emoji."""
_SIGNS = ((0x2010, 0x2027), (0x2190, 0x23FF), (0x2500, 0x27BF), (0x1F000, 0x1FAFF))
_SET = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_MANY = 100
"""Characters of an expression's set from which on it is worth while to look what can be left out."""
_FOREIGN = re.compile(r"([^\x00-\x7f])(?:-([^\x00-\x7f]))?")
_HALF_FOREIGN = re.compile(
    r"[\x00-\x7f]-[^\x00-\x7f]|[^\x00-\x7f]-[\x00-\x7f]|\\[^\x00-\x7f]|[^\x00-\x7f]-[^\x00-\x7f]-"
)
_IGNORES_CASE = re.compile(r"\(\?[a-zA-Z-]*i")

JOINED_FROM = 3_000
"""Characters of a language from which on joining rules costs less than it saves."""


@lru_cache(maxsize=256)
def lexer_of(name: str) -> Lexer | None:
    """The lexer of a language; None where there is none."""
    try:
        kind = find_lexer_class_by_name(name)
    except ClassNotFound:
        return None
    usual = type(kind) is RegexLexerMeta and not getattr(kind, "token_variants", False)
    if usual and kind.get_tokens_unprocessed is RegexLexer.get_tokens_unprocessed:
        joined: Any = _Uncompiled  # known to no stub
        kind = joined(kind.__name__, (_Joined, kind), {})
    return kind(stripnl=False, ensurenl=False)


class _Uncompiled(RegexLexerMeta):
    """Makes a lexer whose expressions are left as they are written."""

    def _process_regex(self, regex: Any, rflags: int, state: str) -> Any:
        return regex


@dataclass(slots=True)
class _Rule:
    """An expression, what a match of it is, and the states it leads to."""

    source: str
    flags: int
    action: Any
    then: Any
    match: Any = None

    def matched(self, text: str, at: int) -> Any:
        """The match of the expression by itself, with its groups."""
        if self.match is None:
            self.match = re.compile(self.source, self.flags).match
        return self.match(text, at)


_Alternatives = tuple[Any, dict[str, _Rule] | None, _Rule]
"""One expression's `match`, the rules joined in it by the name of the group that each ends with, or the only one."""


class _States(dict[str, list[_Alternatives]]):
    """The states of a lexer, each put together when it is first entered."""

    def __init__(self, rules: dict[str, list[tuple[Any, Any, Any]]], flags: int, *, join: bool, plain: bool) -> None:
        super().__init__()
        self._rules = rules
        self._flags = flags
        self._join = join
        self._plain = plain and not flags & (re.IGNORECASE | re.VERBOSE)

    def __missing__(self, name: str) -> list[_Alternatives]:
        runs: list[list[_Rule]] = []
        joined = False
        for regex, action, then in self._rules[name]:
            source: str = regex if isinstance(regex, str) else regex.get() if hasattr(regex, "get") else ""
            if self._plain and not source.isascii() and not _IGNORES_CASE.search(source):
                source = _SET.sub(_thinned, source)
            alone = bool(not self._join or self._flags & re.VERBOSE or _ALONE.search(source))
            if alone or not joined:
                runs.append([])
            runs[-1].append(_Rule(source, self._flags, action, then))
            joined = not alone
        found = self[name] = [self._alternatives(run) for run in runs]
        return found

    def _alternatives(self, rules: list[_Rule]) -> _Alternatives:
        if len(rules) == 1:
            return rules[0].matched, None, rules[0]
        ends = {f"rule{number}": rule for number, rule in enumerate(rules)}
        joined = "|".join(f"(?:{rule.source})(?P<{name}>)" for name, rule in ends.items())
        return re.compile(joined, self._flags).match, ends, rules[0]


def _thinned(match: re.Match[str]) -> str:
    return without_foreign(match[0]) if len(match[0]) > _MANY else match[0]


@lru_cache(maxsize=64)
def without_foreign(characters: str) -> str:
    """A set of an expression without what no text of ASCII and signs has; the same where that would change what it says."""
    if _HALF_FOREIGN.search(characters):
        return characters
    for low, high in _FOREIGN.findall(characters):
        if any(ord(low) <= last and first <= ord(high or low) for first, last in _SIGNS):
            return characters
    found = _FOREIGN.sub("", characters)
    same_kind = found.startswith("[^") == characters.startswith("[^") and found not in ("[]", "[^]")
    return found if same_kind else characters


class _Joined(RegexLexer):
    """The loop of a `RegexLexer`, over joined rules."""

    _states: dict[tuple[bool, bool], _States]
    _read: dict[bool, int]

    def get_tokens_unprocessed(
        self, text: str, stack: Iterable[str] = ("root",)
    ) -> Iterator[tuple[int, _TokenType, str]]:
        """The places, kinds and pieces of a text."""
        states = self._states_for(text)
        at, names = 0, list(stack)
        state = states[names[-1]]
        while True:
            for tried, ends, only in state:
                match = tried(text, at)
                if match is None:
                    continue
                rule = only if ends is None else ends[match.lastgroup]
                end = match.end()
                if type(rule.action) is _TokenType:
                    yield at, rule.action, text[at:end]
                elif rule.action is not None:
                    yield from rule.action(self, match if ends is None else rule.matched(text, at))
                at = end
                if rule.then is not None:
                    _go(names, rule.then)
                    state = states[names[-1]]
                break
            else:
                if at >= len(text):
                    return
                if text[at] == "\n":
                    names = ["root"]
                    state = states["root"]
                    yield at, Whitespace, "\n"
                else:
                    yield at, Error, text[at]
                at += 1

    def _states_for(self, text: str) -> _States:
        kind: Any = type(self)
        if "_read" not in vars(kind):
            kind._read = dict.fromkeys((False, True), 0)
            kind._states = {
                (join, plain): _States(kind._tokens, kind.flags, join=join, plain=plain)
                for join in (False, True)
                for plain in (False, True)
            }
        plain = text.isascii() or _PLAIN.fullmatch(text) is not None
        kind._read[plain] += len(text)
        found: _States = kind._states[kind._read[plain] > JOINED_FROM, plain]
        return found


def _go(names: list[str], then: Any) -> None:
    """Change the stack of states as a rule says; the lowest one stays."""
    if isinstance(then, int):
        del names[max(then + len(names), 1) :]
        return
    for name in (then,) if isinstance(then, str) else then:
        if name == "#pop":
            if len(names) > 1:
                names.pop()
        else:
            names.append(names[-1] if name == "#push" else name)
