"""`reprise content pending`, `confirm`, `resolve`, `undo`, `imports` and `export`: after an import."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli.common import fail, note, writing_session

if TYPE_CHECKING:
    from app.library.pending import OpenQuestion

NOT_OPEN = "There is no open question “{guid}”. `reprise content pending` lists those there are."


@click.command()
@click.argument("deck", default="")
def pending(deck: str) -> None:
    """List what imports have left to decide, in DECK or everywhere."""
    from app.library.pending import NoSuchDeck, open_questions

    with writing_session() as session:
        try:
            questions = open_questions(session, deck)
        except NoSuchDeck:
            fail(f"There is no deck “{deck}”. `reprise content decks` lists all.")
    for question in questions:
        _show(question)
    if not questions:
        click.echo("Nothing is left to decide.")


def _show(question: OpenQuestion) -> None:
    from app.cli.plans import difference, in_one_line

    card = question.card
    if question.kind == "match" and question.old is not None:
        click.echo(f"{question.guid}  {question.deck}: is this the same question? ({question.score:.0%})")
        click.echo(f"  old  {question.old.guid}  {in_one_line(question.old.text.question)}")
        click.echo(f"  new  {card.guid}  {in_one_line(card.text.question)}")
        lines = difference(question.old.text, card.text)
        click.echo("\n".join(f"    {line}" for line in lines))
        click.echo(f"  reprise content confirm {question.guid} same|different")
        return
    click.echo(f"{question.guid}  {question.deck}: edited here and in the document")
    click.echo(f"  {card.guid}  {in_one_line(card.text.question)}")
    if question.theirs is not None:
        click.echo("\n".join(f"    {line}" for line in difference(card.text, question.theirs)))
    click.echo(f"  reprise content resolve {question.guid} ours|theirs|merged")


@click.command()
@click.argument("question")
@click.argument("answer", type=click.Choice(["same", "different"]))
def confirm(question: str, answer: str) -> None:
    """Say whether a new card is the archived one it resembles. If so, their histories become one."""
    from app.library.pending import NoSuchQuestion, NotThatKind
    from app.library.pending import confirm as decide
    from app.study.joining import replay_everyone
    from app.web import clock

    try:
        with writing_session() as session:
            decided = decide(session, guid=question, same=answer == "same", now=clock.now())
            replay_everyone(session, card_ids=decided.replay)
            note(session, "content.confirm", thing="card", guid=decided.guid)
    except NoSuchQuestion:
        fail(NOT_OPEN.format(guid=question))
    except NotThatKind:
        fail(f"This is a conflict: `reprise content resolve {question} ours|theirs|merged`.")
    click.echo(f"One card: {decided.guid}." if answer == "same" else f"Two cards; {decided.guid} stays as it is.")


@click.command()
@click.argument("question")
@click.argument("take", type=click.Choice(["ours", "theirs", "merged"]))
@click.option("--answer", type=click.Path(path_type=Path), help="A file with the merged answer; - reads it from here.")
def resolve(question: str, take: str, answer: Path | None) -> None:
    """Settle a card that was edited here and in its document: keep ours, take theirs, or a merge of both.

    Without --answer a merge is put together block by block, ours where they collide.
    """
    from app.library.pending import NoSuchQuestion, NotThatKind, open_question
    from app.library.pending import resolve as decide
    from app.web import clock

    if answer is not None and take != "merged":
        raise click.UsageError("--answer goes with “merged” only.")
    try:
        with writing_session() as session:
            found = open_question(session, question)
            if found is None:
                raise NoSuchQuestion
            text = found.merged if take == "merged" else None
            if text is not None and answer is not None:
                text = replace(text, answer=_read(answer).strip("\n"))
            decided = decide(session, guid=question, take=take, text=text, now=clock.now())  # type: ignore[arg-type]
            note(session, "content.resolve", thing="card", guid=decided.guid)
    except NoSuchQuestion:
        fail(NOT_OPEN.format(guid=question))
    except NotThatKind:
        fail(f"This is no conflict: `reprise content confirm {question} same|different`.")
    click.echo(
        f"Settled: card {decided.guid} has {'our' if take == 'ours' else 'their' if take == 'theirs' else 'the merged'} text."
    )


def _read(path: Path) -> str:
    try:
        return sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{path}: It cannot be read ({error}). Nothing was written.")


@click.command()
@click.argument("import_", metavar="[IMPORT]", default="")
def undo(import_: str) -> None:
    """Take an applied import back, the last one unless IMPORT names another. Reviews made since stay."""
    from app.library.undoing import JoinedSince, LaterImport, NoSuchImport, undo_import
    from app.study.joining import replay_everyone
    from app.web import clock

    try:
        with writing_session() as session:
            done = undo_import(session, guid=import_, now=clock.now())
            replay_everyone(session, card_ids=done.replay)
            note(session, "content.undo", thing="import", guid=done.guid, label=done.label)
    except NoSuchImport:
        fail("There is no such import to take back. `reprise content imports` lists them.")
    except LaterImport as error:
        fail(f"{error} Nothing was written.")
    except JoinedSince:
        fail("A card of this import was joined to another one since. Nothing was written.")
    click.echo(f"Taken back: {done.label}. {done.put_back} cards are as they were, {done.archived} new ones archived.")
    for question in done.kept:
        click.echo(f"warning: edited since, its text stays: {question}", err=True)


@click.command()
def imports() -> None:
    """List the last imports, the newest first."""
    from app.library import undoing

    with writing_session() as session:
        rows = undoing.imports(session)
    for row in rows:
        numbers = ", ".join(f"{count} {name}" for name, count in row.outcome.items() if isinstance(count, int))
        state = " (taken back)" if row.undone else ""
        click.echo(f"{row.guid}  {row.applied_at:%Y-%m-%d %H:%M} UTC  {row.label}: {numbers or 'no card'}{state}")
    if not rows:
        click.echo("Nothing was imported yet.")


@click.command()
@click.argument("deck")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The file to write; else it goes to the screen.")
@click.option("--ids", is_flag=True, help="Put each card's id into a comment beside its question.")
def export(deck: str, output: Path | None, ids: bool) -> None:
    """Write DECK back as Markdown: what nobody touched comes back byte for byte.

    An output that ends in .zip gets the deck's images too.
    """
    from app.cli.plans import in_one_line
    from app.library.exporting import export_deck, pack

    packed = output is not None and output.suffix.lower() == ".zip"
    with writing_session() as session:
        exported = export_deck(session, deck, idents=ids)
        if exported is None:
            fail(f"There is no deck “{deck}”. `reprise content decks` lists all.")
        if output is None:
            sys.stdout.buffer.write(exported.data)
        else:
            try:
                with output.open("wb") as file:
                    if packed:
                        pack(session, exported, file)
                    else:
                        file.write(exported.data)
            except OSError as error:
                fail(f"{output}: It cannot be written ({(error.strerror or 'error').lower()}).")
    if exported.images and not packed:
        click.echo(f"note: its {len(exported.images)} images come along with -o {exported.archive}", err=True)
    for question in exported.left_out:
        click.echo(f"warning: the document's form cannot take this card's edit: {in_one_line(question)}", err=True)
