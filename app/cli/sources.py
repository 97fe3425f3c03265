"""`reprise content add-source, sync, sources, remove-source`: decks from git repositories."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from app.cli.common import database_faults, fail, note, open_engine, writing_session

if TYPE_CHECKING:
    from sqlalchemy import Engine


@click.command("add-source")
@click.argument("url")
@click.option("--path", "files", default="**/*.md", show_default=True, help="The files to follow; several with commas.")
@click.option("--branch", default="", help="The branch; else the repository's default one.")
@click.option("--name", default="", help="What to call it; else the repository's name.")
def add_source(url: str, files: str, branch: str, name: str) -> None:
    """Follow a git repository: an https or ssh address, or a folder. `reprise content sync` then brings it in."""
    from app.library import sources
    from app.library.git import GitError
    from app.web import clock

    try:
        with writing_session() as session:
            source = sources.add(session, url=url, files=files, branch=branch, name=name, now=clock.now())
            added = source.name
            note(session, "content.add_source", thing="source", guid=added, label=added)
    except sources.SourceKnown as error:
        click.echo(f"{error} Nothing to do.")
        return
    except GitError as error:
        fail(f"{error}\nNothing was written.")
    click.echo(f"“{added}” is followed. `reprise content sync {added}` brings it in.")


@click.command("sync")
@click.argument("name", default="")
def sync(name: str) -> None:
    """Bring in what changed in the source NAME, or in all of them. Safe to run from cron."""
    from app.library import sources

    with writing_session() as session:
        wanted = (name,) if name else sources.names(session)
    if not wanted:
        click.echo("No repository is followed. `reprise content add-source ADDRESS` adds one.")
        return
    with (
        open_engine() as engine,
        database_faults("What is said above is done; run it again for the rest. Does the database run?"),
    ):
        failed = [one for one in wanted if not _sync(engine, one)]
    if failed:
        fail(f"Failed: {', '.join(failed)}. What was there before is unchanged.")


def _sync(engine: Engine, name: str) -> bool:
    """Sync one source and say what came of it; False where it failed."""
    from app.cli import plans
    from app.db.session import session_factory
    from app.library import sources
    from app.web import clock

    try:
        synced = sources.sync(session_factory(engine), name=name, now=clock.now, role="command")
    except sources.NoSuchSource:
        fail(f"No source is called “{name}”. `reprise content sources` lists all.")
    except sources.SyncRunning:
        click.echo(f"{name}: another sync is running; this one steps aside.")
    except sources.SyncFailed as error:
        click.echo(f"{name}: {error}", err=True)
        return False
    else:
        if synced.result is not None:
            plans.warn(synced.result.warnings)
        brought = plans.summary(synced.result.decks) if synced.result is not None and synced.changed else ""
        click.echo(f"{name}: {brought or 'nothing new'} (commit {synced.commit[:7]}).")
    return True


@click.command("sources")
def list_sources() -> None:
    """List the repositories that are followed."""
    from app.library.source_queries import followed

    with writing_session() as session:
        rows = followed(session)
    for row in rows:
        state = f"failed: {row.error}" if row.error else f"commit {row.commit[:7]}" if row.commit else "not synced yet"
        click.echo(f"{row.name}  {row.address}  {row.files}  {state}")
    if not rows:
        click.echo("No repository is followed. `reprise content add-source ADDRESS` adds one.")


@click.command("remove-source")
@click.argument("name")
def remove_source(name: str) -> None:
    """Follow the source NAME no longer; its decks and every history stay."""
    from app.library import sources

    try:
        with writing_session() as session:
            sources.remove(session, name=name)
            note(session, "content.remove_source", thing="source", guid=name, label=name)
    except sources.NoSuchSource:
        fail(f"No source is called “{name}”. `reprise content sources` lists all.")
    click.echo(f"“{name}” is followed no longer. Its decks and every history stay.")
