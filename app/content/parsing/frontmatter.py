"""What stands around the Markdown: front matter, and the imports and admonition fences of MDX."""

import re
from collections.abc import Mapping

from app.content.parsing.source import Source

_IMPORT = re.compile(r"^(?:import\s+(?:[\w*{'\"].*)|export\s+(?:default|const|let|function|\{|\*).*)$")
_COMPONENT = re.compile(r"^\s*</?[A-Z][\w.]*(?:\s[^>]*)?/?>\s*$")
_ADMONITION = re.compile(r"^\s*:{3,}(?:\s*[a-z][\w-]*.*)?$")
_JSX_COMMENT = re.compile(r"^\s*\{/\*.*\*/\}\s*$")
_SCALAR = (str, int, float, bool)
MAX_FRONT_MATTER_LINES = 200


def read_front_matter(source: Source) -> tuple[Mapping[str, str], int]:
    """The front matter as plain strings, and the number of lines it takes (0 without one).

    Lists of plain values are joined with commas, other nested values are left out; front matter that is no YAML
    mapping is skipped, not refused: it says nothing about the questions.
    """
    lines = source.lines
    if lines[0].rstrip() != "---":
        return {}, 0
    for number in range(1, min(len(lines), MAX_FRONT_MATTER_LINES)):
        if lines[number].rstrip() in ("---", "..."):
            meta = _mapping("\n".join(lines[1:number]))
            return ({}, 0) if meta is None else (meta, number + 1)
    return {}, 0


def _mapping(text: str) -> dict[str, str] | None:
    # Aliases are the one way a short YAML text grows without bound.
    if re.search(r"(?m)(?:^|[\s\[,:{])[&*]\w", text):
        return _plain_pairs(text)
    import yaml  # few documents have front matter, and loading it takes longer than reading most of them

    try:
        loaded = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - BaseLoader makes strings only
    except (yaml.YAMLError, RecursionError, ValueError):
        return _plain_pairs(text)
    if loaded is None or loaded == "":
        return {}
    if not isinstance(loaded, dict):
        return None
    found: dict[str, str] = {}
    for key, value in loaded.items():
        if isinstance(value, _SCALAR):
            found[str(key)] = str(value)
        elif isinstance(value, list) and all(isinstance(item, _SCALAR) for item in value):
            found[str(key)] = ", ".join(str(item) for item in value)
    return found


def _plain_pairs(text: str) -> dict[str, str] | None:
    pairs = [line.partition(":") for line in text.splitlines() if line.strip() and not line.startswith((" ", "#", "-"))]
    if not pairs or not all(colon for _, colon, _ in pairs):
        return None
    return {key.strip(): value.strip().strip("\"'") for key, _, value in pairs}


def machinery(lines: list[str], code: bytearray, *, mdx: bool) -> list[int]:
    """Numbers of the lines that are MDX machinery rather than text: imports, exports, components, admonition fences.

    `code` marks the lines inside code, which are never machinery; `mdx` says the file is known to be MDX.
    """
    text_lines = [number for number, inside in enumerate(code) if not inside]
    mdx = mdx or any(_IMPORT.match(lines[number]) for number in text_lines)
    found: list[int] = []
    in_module = False
    for number in text_lines:
        line = lines[number]
        in_module = mdx and bool(line.strip()) and (in_module or bool(_IMPORT.match(line)))
        if in_module or (":::" in line and _ADMONITION.match(line)) or (mdx and _is_component(line)):
            found.append(number)
    return found


def _is_component(line: str) -> bool:
    return bool(_COMPONENT.match(line) or _JSX_COMMENT.match(line))
