"""Documents to measure with: the real ones that CORPORA names, and made ones of any size."""

import os
from collections.abc import Iterator
from pathlib import Path

CORPORA = Path(os.environ.get("CORPORA") or Path(__file__).parents[3] / "shared" / "corpora")
TOPICS = ("queue", "cache", "index", "thread", "socket", "closure", "promise", "schema", "kernel", "packet", "cluster")
VERBS = (
    "balance",
    "release",
    "compare",
    "encode",
    "partition",
    "replicate",
    "recover",
    "schedule",
    "validate",
    "merge",
)
CODE = '''```python
def {verb}({topic}, limit={number}):
    """Keep what is needed."""
    found = [one for one in {topic} if one.size > limit]
    return sorted(found, key=lambda one: one.name)  # in order
```'''
TABLE = "| | {topic} | {other} |\n|---|---|---|\n| Cost | `O({number})` | low |\n| Use | to {verb} | seldom |"


def interviews() -> list[Path]:
    """Files of real questions; none where there is no such folder."""
    folder = CORPORA / "interviews" / "sources"
    return sorted(folder.iterdir()) if folder.is_dir() else []


def made(cards: int) -> str:
    """A document with so many questions, no two alike, about 600 characters each: prose, lists, code and tables."""
    return "# Questions about systems\n\n" + "\n".join(_card(number) for number in range(cards))


def made_of_size(characters: int) -> str:
    """The like, of at least so many characters."""
    return made(characters * 1000 // len(made(1000)) + 1)


def _card(number: int) -> str:
    topic, other = TOPICS[number % 11], TOPICS[(number // 11 + 1 + number) % 11]
    verb = VERBS[number // 7 % 10]
    names = {"topic": topic, "other": other, "verb": verb, "number": number}
    heading = f"## Part {number // 100 + 1}\n\n" if number % 100 == 0 else ""
    return f"{heading}### {number + 1}. How does {topic} {number} {verb} the {other}?\n\n" + "\n\n".join(_body(names))


def _body(names: dict[str, object]) -> Iterator[str]:
    yield (
        "A *{topic}* of generation {number} has to **{verb}** before the {other} is read, or readers see what was there "
        "before; see [the notes](https://example.org/{topic}/{number}). It costs `{number}` steps at most, and none at all "
        "where the {other} is empty already."
    ).format(**names)
    number = int(str(names["number"]))
    if number % 3 == 0:
        yield CODE.format(**names)
    if number % 5 == 0:
        yield TABLE.format(**names)
    yield "- first the {topic}\n- then the {other}\n  - and what hangs on it\n- last a {verb}\n".format(**names)
