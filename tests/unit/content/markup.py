"""HTML as a browser would see it, to compare and to judge."""

from html.parser import HTMLParser

Event = tuple[str, ...]

_HIGHLIGHTS = {"k", "f", "c", "n", "s"}
_VOID = {"br", "hr", "img", "wbr", "input"}


class _Reader(HTMLParser):
    """Tags with their attributes, and text; the space between blocks does not count, that in `pre` does."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.events: list[Event] = []
        self.comments: list[str] = []
        self._pre = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._pre += tag == "pre"
        self.events.append(("<", tag, *sorted(f"{name}={value or ''}" for name, value in attrs)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        self._pre -= tag == "pre"
        self.events.append((">", tag))

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def handle_data(self, data: str) -> None:
        text = data if self._pre else " ".join(data.split()) if data.strip() else ""
        if text and self.events and self.events[-1][0] == "text":
            self.events[-1] = ("text", self.events[-1][1] + text)
        elif text:
            self.events.append(("text", text))


def read(html: str) -> list[Event]:
    """The tags and texts of `html`, in order."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.events


def structure(html: str) -> list[Event]:
    """`read`, without what the portal adds of its own: colours of code, the class of its language, ticks as signs."""
    events: list[Event] = []
    spans: list[bool] = []
    for found in read(html):
        if found[:2] == ("<", "span"):
            spans.append(len(found) == 3 and found[2].removeprefix("class=") in _HIGHLIGHTS)
            if spans[-1]:
                continue
        if found == (">", "span") and spans and spans.pop():
            continue
        event = _plain(found)
        if event[0] == "text" and events and events[-1][0] == "text":
            joined = (
                events[-1][1] + event[1] if _in_code(events) else " ".join((events[-1][1] + " " + event[1]).split())
            )
            events[-1] = ("text", joined)
        else:
            events.append(event)
    return events


def _plain(event: Event) -> Event:
    if event == (">", "del"):
        return (">", "s")
    return _plain_tag(event[1:]) if event[0] == "<" else event


def _plain_tag(rest: tuple[str, ...]) -> Event:
    tag, attributes = rest[0], rest[1:]
    if tag == "input":
        return ("text", "☑" if "checked=" in attributes else "☐")
    if tag in ("code", "li", "ul"):
        attributes = tuple(one for one in attributes if not one.startswith("class="))
    return ("<", "s" if tag == "del" else tag, *attributes)


def _in_code(events: list[Event]) -> bool:
    return sum((event[0] == "<") - (event[0] == ">") for event in events if event[1] == "pre") > 0


_ACTIVE = {
    *("script", "style", "iframe", "object", "embed", "applet", "base", "meta", "link", "form", "input", "button"),
    *("textarea", "select", "svg", "template", "frame", "frameset", "audio", "video", "source", "portal", "title"),
}


def active(html: str) -> list[str]:
    """What in `html` could act, look like part of the portal, or fetch from elsewhere; empty where it is safe."""
    found: list[str] = []
    for event in read(html):
        if event[0] != "<":
            continue
        tag, attributes = event[1], [attribute.partition("=")[::2] for attribute in event[2:]]
        if tag in _ACTIVE or ":" in tag:
            found.append(f"<{tag}>")
        for name, value in attributes:
            address = "".join(value.split()).lower()
            bad = name.startswith("on") or name in ("style", "id", "name", "srcdoc", "formaction", "target", "xmlns")
            bad = bad or (name == "href" and not address.startswith(("http://", "https://", "mailto:")))
            bad = bad or (name == "src" and not (address.startswith("/media/") and ".." not in address))
            bad = bad or (name == "class" and value not in _HIGHLIGHTS | {"scroll", "task", ""} and tag != "code")
            if bad:
                found.append(f"<{tag} {name}={value!r}>")
    return found
