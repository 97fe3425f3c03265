"""Code in colours: the few classes that the stylesheet knows, for languages that are named; nothing is guessed."""

import re
from functools import lru_cache
from html import escape

from pygments.token import Comment, Keyword, Literal, Name, Number, Operator, String, _TokenType

from app.content.render.lexing import lexer_of

MAX_CODE = 4_000
"""Characters of one block of code that are highlighted; a longer one stays plain, for time may grow with the square."""
MAX_LINE = 400

_LABELS = {
    "bash": "Shell",
    "c": "C",
    "clojure": "Clojure",
    "console": "Terminal",
    "cpp": "C++",
    "csharp": "C#",
    "css": "CSS",
    "dart": "Dart",
    "diff": "Diff",
    "docker": "Dockerfile",
    "elixir": "Elixir",
    "erlang": "Erlang",
    "go": "Go",
    "graphql": "GraphQL",
    "groovy": "Groovy",
    "haskell": "Haskell",
    "html": "HTML",
    "http": "HTTP",
    "ini": "INI",
    "java": "Java",
    "javascript": "JavaScript",
    "json": "JSON",
    "jsx": "JSX",
    "julia": "Julia",
    "kotlin": "Kotlin",
    "latex": "LaTeX",
    "less": "Less",
    "lua": "Lua",
    "make": "Makefile",
    "matlab": "MATLAB",
    "nginx": "nginx",
    "objective-c": "Objective-C",
    "perl": "Perl",
    "php": "PHP",
    "powershell": "PowerShell",
    "protobuf": "Protocol Buffers",
    "python": "Python",
    "r": "R",
    "ruby": "Ruby",
    "rust": "Rust",
    "scala": "Scala",
    "scss": "SCSS",
    "sql": "SQL",
    "swift": "Swift",
    "terraform": "Terraform",
    "toml": "TOML",
    "tsx": "TSX",
    "typescript": "TypeScript",
    "xml": "XML",
    "yaml": "YAML",
}
_ALIASES = {
    "c#": "csharp", "c++": "cpp", "cs": "csharp", "cxx": "cpp", "dockerfile": "docker", "es6": "javascript",
    "golang": "go", "h": "c", "hcl": "terraform", "hs": "haskell", "htm": "html", "js": "javascript",
    "json5": "json", "jsonc": "json", "kt": "kotlin", "makefile": "make", "mjs": "javascript", "node": "javascript",
    "objc": "objective-c", "objectivec": "objective-c", "pl": "perl", "proto": "protobuf", "ps1": "powershell",
    "py": "python", "py3": "python", "python3": "python", "rb": "ruby", "rs": "rust", "sass": "scss", "sh": "bash",
    "shell": "bash", "shell-session": "console", "svg": "xml", "tex": "latex", "tf": "terraform", "ts": "typescript",
    "vue": "html", "yml": "yaml", "zsh": "bash",
}  # fmt: skip
_INFO = re.compile(r"[{.\s]*([A-Za-z0-9+#-]{1,20})")
_LONG_LINE = re.compile(rf"[^\n]{{{MAX_LINE}}}")
_CLASSES = (
    (Comment.Preproc, "k"),
    (Comment, "c"),
    (Keyword.Constant, "n"),
    (Keyword, "k"),
    (Operator.Word, "k"),
    (Name.Tag, "k"),
    (Name.Function, "f"),
    (Name.Class, "f"),
    (Name.Decorator, "f"),
    (Name.Builtin, "f"),
    (Name.Attribute, "f"),
    (Name.Exception, "f"),
    (Number, "n"),
    (String, "s"),
    (Literal, "s"),
)
CLASSES = frozenset(name for _, name in _CLASSES)
LANGUAGES = frozenset(_LABELS)


def language(info: str) -> str | None:
    """The language that a fence's info string names, by the one name it has here; None where it is not known."""
    match = _INFO.match(info)
    if match is None:
        return None
    name = match[1].lower()
    name = _ALIASES.get(name, name)
    return name if name in _LABELS else None


def label(name: str | None) -> str:
    """What a block of code is called for those who cannot see it."""
    return f"{_LABELS[name]} code" if name in _LABELS else "Code"


def highlight(code: str, name: str | None) -> str:
    """The escaped code, with spans of `CLASSES` where `name` is one of `LANGUAGES`."""
    lexer = lexer_of(name) if name is not None and len(code) <= MAX_CODE and not _LONG_LINE.search(code) else None
    if lexer is None:
        return escape(code, quote=False)
    parts: list[str] = []
    pending, last = "", ""
    read = 0
    for _, kind, text in lexer.get_tokens_unprocessed(code):
        read += len(text)
        css = _class(kind)
        if css == last or text.isspace():
            pending += text
            continue
        parts.append(_span(pending, last))
        pending, last = text, css
    parts.append(_span(pending, last))
    return "".join(parts) if read == len(code) else escape(code, quote=False)


def _span(text: str, css: str) -> str:
    if not css:
        return escape(text, quote=False)
    inner = text.rstrip()
    return f'<span class="{css}">{escape(inner, quote=False)}</span>{text[len(inner) :]}' if inner else text


@lru_cache(maxsize=1024)
def _class(kind: _TokenType) -> str:
    return next((css for parent, css in _CLASSES if kind[: len(parent)] == parent), "")
