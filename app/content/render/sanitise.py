"""The allow-list that all HTML passes: what content may be made of, and nothing that acts."""

import nh3

from app.content.render.highlight import CLASSES, LANGUAGES

_TAGS = frozenset(
    (
        *("h1", "h2", "h3", "h4", "h5", "h6", "p", "div", "blockquote", "pre", "hr", "br", "wbr", "details", "summary"),
        *("ul", "ol", "li", "dl", "dt", "dd", "figure", "figcaption", "img", "a"),
        *("table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"),
        *("em", "strong", "b", "i", "u", "s", "del", "ins", "mark", "small", "sub", "sup", "span"),
        *("code", "kbd", "samp", "var", "abbr", "cite", "dfn", "q"),
    )
)
_WITH_CONTENT = frozenset(
    (
        *("script", "style", "svg", "template", "title", "iframe", "object", "embed", "applet", "dialog"),
        *("noscript", "noembed", "noframes", "textarea", "select", "option", "button", "audio", "video", "canvas"),
    )
)
_ALIGN = frozenset({"left", "center", "right"})
_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags=_WITH_CONTENT,
    attributes={
        "a": {"href", "title"},
        "abbr": {"title"},
        "details": {"open"},
        "img": {"src", "alt", "title"},
        "ol": {"start"},
        "td": {"colspan", "rowspan"},
        "th": {"colspan", "rowspan"},
    },
    tag_attribute_values={"td": {"align": _ALIGN}, "th": {"align": _ALIGN}},
    allowed_classes={
        "code": {f"language-{name}" for name in LANGUAGES},
        "div": {"scroll"},
        "li": {"task"},
        "span": CLASSES,
    },
    url_schemes={"http", "https", "mailto"},
    url_relative="pass_through",  # decorate() decides: it knows whether a link or an image is meant
    link_rel="noopener noreferrer nofollow",
    generic_attribute_prefixes=set(),
    strip_comments=True,
)


def clean(html: str) -> str:
    """The HTML with allowed tags, attributes and classes only, well formed, every `<`, `>` and `&` of text escaped."""
    return _CLEANER.clean(html)
