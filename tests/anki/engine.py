"""What the interpreter with Anki's engine runs: packages into a new collection, and out of it again.

`engine.py imports PATH…` prints as JSON what each import brought and what the collection has then.
`engine.py exports PATH TO…` imports a package and exports all of it to each TO; `legacy` in its name asks for the old form.
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from anki.collection import (
    Collection,
    ExportAnkiPackageOptions,
    ImportAnkiPackageOptions,
    ImportAnkiPackageRequest,
)


@contextmanager
def _collection() -> Iterator[Any]:
    with tempfile.TemporaryDirectory() as folder:
        collection = Collection(str(Path(folder) / "collection.anki2"))
        yield collection
        collection.close()


def _take(collection: Any, path: str) -> dict[str, Any]:
    options = ImportAnkiPackageOptions(with_scheduling=True, merge_notetypes=True)
    log = collection.import_anki_package(ImportAnkiPackageRequest(package_path=path, options=options)).log
    cards = {}
    for card_id in collection.find_cards(""):
        card = collection.get_card(card_id)
        note = card.note()
        cards[note.guid] = {
            "deck": collection.decks.name(card.did),
            "type": card.type,
            "queue": card.queue,
            "due_in": card.due - collection.sched.today if card.type == 2 else None,
            "interval": card.ivl,
            "ease": card.factor,
            "reps": card.reps,
            "lapses": card.lapses,
            "flags": card.flags,
            "tags": note.tags,
            "fields": dict(note.items()),
            "question": card.question(),
            "answer": card.answer(),
            "log": collection.db.all("select id, ease, ivl, time, type from revlog where cid = ? order by id", card_id),
        }
    media = sorted(path.name for path in Path(collection.media.dir()).iterdir())
    return {"new": len(log.new), "updated": len(log.updated), "cards": cards, "media": media}


def _imports(*paths: str) -> None:
    with _collection() as collection:
        print(json.dumps([_take(collection, path) for path in paths]))


def _exports(path: str, *to: str) -> None:
    with _collection() as collection:
        _take(collection, path)
        for out in to:
            legacy = "legacy" in out
            if out.endswith(".colpkg"):
                collection.export_collection_package(out, include_media=True, legacy=legacy)
                collection.reopen()
            else:
                options = ExportAnkiPackageOptions(with_scheduling=True, with_media=True, legacy=legacy)
                collection.export_anki_package(out_path=out, options=options, limit=None)


if __name__ == "__main__":
    (_imports if sys.argv[1] == "imports" else _exports)(*sys.argv[2:])
