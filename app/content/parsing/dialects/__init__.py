"""The dialect families. Each module holds one class of the shape of `reading.Dialect`; this list is the registry."""

from app.content.parsing.dialects.bold import Bold
from app.content.parsing.dialects.delimited import Delimited
from app.content.parsing.dialects.disclosures import Disclosures
from app.content.parsing.dialects.headings import Headings
from app.content.parsing.dialects.html_headings import HtmlHeadings
from app.content.parsing.dialects.inline_cards import InlineCards
from app.content.parsing.dialects.labels import Labels
from app.content.parsing.dialects.lists import Lists
from app.content.parsing.dialects.paragraphs import Paragraphs
from app.content.parsing.dialects.tables import Tables
from app.content.parsing.reading import Dialect

REGISTRY: tuple[Dialect, ...] = (
    Headings(),
    Labels(),
    Disclosures(),
    Bold(),
    Lists(),
    Tables(),
    HtmlHeadings(),
    InlineCards(),
    Delimited(),
    Paragraphs(),
)
