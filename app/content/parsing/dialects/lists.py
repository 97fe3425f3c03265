"""List items that ask: in bold with the answer behind or below, or plain; bulleted or numbered."""

import re
from collections.abc import Iterator
from copy import copy
from dataclasses import replace

from app.content.parsing.answers import Stretch, is_only_links
from app.content.parsing.blocks import Block
from app.content.parsing.document import Document
from app.content.parsing.extent import Sections
from app.content.parsing.reading import Mark, Reading
from app.content.parsing.source import LINE_END
from app.content.parsing.titles import plain
from app.content.parsing.wording import likeness

_BOLD = re.compile(
    r"^[^\w\s*_<\[]{0,3}\s*(?:(?P<mark>\*\*|__)(?P<text>(?:(?!(?P=mark)).)+)(?P=mark)|<(?P<tag>b|strong)>(?P<html>.+?)</(?P=tag)>)",
    re.IGNORECASE | re.DOTALL,
)
_TASK = re.compile(r"^\[[ xX]\]\s")
_LABEL = re.compile(r"^[*_]*(?:Q|Question|Ques|A|Ans|Answer)\s*\d*[*_]*\s*[:.]", re.IGNORECASE)
_LINKED = re.compile(
    r"^(?:\[(?P<topic>[^\[\]]{1,30})\]\s+)?\[(?P<label>(?:[^\[\]]|\[[^\[\]]*\])+)\]\((?:[^()]|\([^()]*\))*\)\s*\.?$"
)
WRAPPED_FROM = 60
_SEPARATOR = re.compile(r"\s*(?:[-–—:→=]+>?|\.)?\s*")
_ASKED = re.compile(r"[?？](?:[*_`\"'”)]*)(?=\s+[-–—:]\s|\s*\r?\n|\s*$)")


class _ItemMark(Mark):
    """A mark with its item; `form` says what stands behind the title on its lines: nothing, a link, or text."""

    __slots__ = ("bold", "form", "item")
    item: Block
    form: str
    bold: bool


class Lists:
    """Items of lists."""

    name = "lists"
    description = "List items that ask, bulleted or numbered, with their answers behind or below them, or without any."

    def read(self, document: Document) -> list[Reading]:
        """A reading of the items in bold, one of the plain numbered ones, one of all plain ones."""
        sections = Sections(document)
        items = list(_item_marks(document))
        if _is_list_of_links(items):
            return []
        bold = _fitting([mark for mark in items if mark.bold])
        plain_items = _fitting([mark for mark in items if not mark.bold])
        ordered = [mark for mark in plain_items if mark.item.parent is not None and mark.item.parent.ordered]
        groups = [(bold, 1.0), (plain_items, 0.9)]
        if len(ordered) != len(plain_items):
            groups.append((ordered, 0.9))
        if bold and plain_items:
            groups.append((sorted([*bold, *plain_items], key=lambda mark: mark.start), 0.9))
        return [
            Reading(self.name, _bounded(document, _with_nested(group), sections), weight)
            for group, weight in groups
            if group
        ]


def _is_list_of_links(marks: list[_ItemMark]) -> bool:
    """Whether a document collects links to read: few of them look like a question, by their titles only."""
    linked = [mark for mark in marks if mark.form == "link"]
    asking = sum(mark.likeness > 0.5 for mark in marks)
    return 2 * len(linked) > len(marks) and 3 * asking < len(marks)


def _item_marks(document: Document) -> Iterator[_ItemMark]:
    for block in document.blocks:
        if block.kind != "item" or not block.children or document.furniture[block.start]:
            continue
        first = block.children[0]
        if first.kind != "paragraph" or _TASK.match(first.content) or _LABEL.match(first.content):
            continue
        yield _mark(document, block, first)


def _mark(document: Document, item: Block, first: Block) -> _ItemMark:
    source = document.source
    line_end = source.ends[first.end - 1]
    head = first.content[:40]
    start = source.starts[first.start]
    start = source.text.find(LINE_END.split(head, 1)[0], start, line_end)
    if start < 0:
        start = source.starts[first.start]
    text = source.text[start:line_end]
    bold = _BOLD.match(text)
    linked = None if bold else _LINKED.match(text)
    if bold is not None:
        end, tail = bold.end(), text[bold.end() :]
    elif linked is not None:
        start, end, tail = start + linked.start("label"), linked.end("label") - linked.start("label"), text
    else:
        asked = _ASKED.search(text)
        end = asked.end() if asked is not None else _end_of_order(text)
        tail = text[end:]
    title_end = start + end
    rest = line_end - len(tail)
    if linked is None:
        separator = _SEPARATOR.match(source.text, rest, line_end)
        rest = separator.end() if separator is not None else rest
    mark = _ItemMark(
        source.starts[item.start],
        source.ends[item.end - 1],
        start,
        title_end,
        None,
        raw=source.text[start:title_end],
    )
    mark.item, mark.bold = item, bold is not None
    if linked is not None and linked.group("topic"):
        mark.tags = (linked.group("topic").strip().lower(),)
    remainder = source.text[rest:line_end].strip()
    mark.form = "none" if not remainder else "link" if linked is not None or is_only_links(remainder) else "text"
    mark.inline = bool(remainder)
    mark.answers = Stretch(rest, mark.end, item.indent, item.end)
    return mark


def _end_of_order(text: str) -> int:
    """The end of a title that does not end in a question mark: its first line, if that is a whole order by itself."""
    first, _, rest = text.partition("\n")
    lone = len(first) < WRAPPED_FROM and rest.lstrip()[:1].isupper() and likeness(plain(first)) > 0.5
    return len(first.rstrip()) if lone else len(text)


def _fitting(marks: list[_ItemMark]) -> list[_ItemMark]:
    """The items that ask, with those of the same form in lists that mostly ask."""
    if not marks:
        return []
    by_list: dict[int, list[_ItemMark]] = {}
    for mark in marks:
        by_list.setdefault(id(mark.item.parent), []).append(mark)
    forms = {form: [mark for mark in marks if mark.form == form] for form in ("none", "link", "text")}
    mostly = {form: bool(group) and marks[0].bold and _share(group) >= 0.5 for form, group in forms.items()}
    asking = [mark.start for mark in marks if mark.likeness > 0.5]
    found: list[_ItemMark] = []
    asked = [group for group in by_list.values() if _share(group) >= 0.5]
    overall = _share([mark for group in asked for mark in group]) if asked else 0.0
    for group in by_list.values():
        share = _share(group)
        among = len(group) > 1 and bool(asking) and asking[0] < group[0].start < asking[-1]
        if share >= 0.6 or (share >= 0.5 and overall >= 0.75 and len(asked) > 1):
            found.extend(group)
        elif group[0].bold and (share > 0 or among):
            found.extend(mark for mark in group if mark.likeness > 0.5 or (mark.form != "text" and mostly[mark.form]))
        elif share >= 0.5:
            found.extend(mark for mark in group if mark.likeness > 0.5)
    found.sort(key=lambda mark: mark.start)
    return found


def _share(marks: list[_ItemMark]) -> float:
    return sum(mark.likeness > 0.5 for mark in marks) / len(marks)


def _with_nested(marks: list[_ItemMark]) -> list[_ItemMark]:
    """Without the items that are part of another's answer: those in a list that mostly does not ask, or in bold text."""
    chosen = {id(mark.item): mark for mark in marks}
    kept: list[_ItemMark] = []
    for mark in marks:
        outer = mark.item.parent.item if mark.item.parent is not None else None
        while outer is not None and id(outer) not in chosen:
            outer = outer.item
        if outer is None or _is_follow_up(mark, chosen[id(outer)]):
            kept.append(mark)
        else:
            del chosen[id(mark.item)]
    return kept


def _is_follow_up(mark: _ItemMark, outer: _ItemMark) -> bool:
    """Whether a nested item is a question of its own: its parent has no answer, and all beside it ask too."""
    siblings = mark.item.parent.children if mark.item.parent is not None else []
    if outer.form == "text" or outer.bold != mark.bold:
        return False
    others = [child for child in outer.item.children[1:] if child.kind != "list"]
    texts = [child.children[0].content for child in siblings[:20] if child.children]
    return not others and sum(likeness(plain(text)) > 0.5 for text in texts) >= 0.6 * max(1, len(texts))


def _bounded(document: Document, marks: list[_ItemMark], sections: Sections) -> list[Mark]:
    """The marks, each reaching over what stands between its item and the next one."""
    source = document.source
    spills = _spills(marks)
    limits = sections.ends([mark.start for mark in marks])
    made: list[Mark] = []
    for index, (mark, limit) in enumerate(zip(marks, limits, strict=True)):
        last = index + 1 == len(marks) or marks[index + 1].start != limit
        end = limit if not last or spills else min(limit, source.start_of(_reach(mark)))
        if index + 1 < len(marks):
            end = min(end, source.starts[_outermost(marks[index + 1].item, mark.item).start])
        own = copy(mark)
        if own.answers is not None:
            own.answers = replace(own.answers, end=max(own.answers.start, end))
        own.end = max(end, mark.title_end)
        made.append(own)
    return made


def _outermost(item: Block, before: Block) -> Block:
    """The outermost list item around `item` that does not hold `before` too."""
    outer = item.item
    while outer is not None and not outer.start <= before.start < outer.end:
        item, outer = outer, outer.item
    return item


def _spills(marks: list[_ItemMark]) -> bool:
    """Whether answers mostly stand below their items, outside of the list: each item is then a list of its own."""
    lists = {id(mark.item.parent) for mark in marks}
    return len(marks) > 1 and len(lists) == len(marks) and not any(len(mark.item.children) > 1 for mark in marks)


def _reach(mark: _ItemMark) -> int:
    """The line after the last card of a run: its item, with code that follows it at once."""
    block: Block = mark.item
    top = block.parent
    while top is not None and top.parent is not None and top.parent.kind in ("item", "list"):
        top = top.parent
    end = block.end
    if top is None or top.parent is None or top.end > end:
        return end
    following = top.next
    while following is not None and following.kind in ("fence", "code") and following.start <= end + 1:
        end = following.end
        following = following.next
    return end
