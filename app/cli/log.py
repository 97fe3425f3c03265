"""`reprise verify`: whether what is stored is what the log gives."""

from __future__ import annotations

import click

from app.cli.common import writing_session

SHOWN = 50


@click.command()
@click.option(
    "--repair",
    "--rebuild",
    "repair",
    is_flag=True,
    help="Write what differs again from the log: states and sums. The log itself is never changed.",
)
def verify(repair: bool) -> None:
    """Replay every learner's log and compare it with the stored states and sums, and the search index with the cards.

    Exit 0 when all agrees (or was repaired), 1 when something differs.
    """
    from app.db import search_index
    from app.study.verify import verify as compare
    from app.web import audit

    with writing_session() as session:
        report = compare(session, repair=repair)
        unindexed = search_index.differences(session.connection())
        if unindexed and repair:
            search_index.remake(session.connection())
        if repair and (unindexed or report.differences):
            audit.note(session, "system.repair", area="system")
    for one in report.differences[:SHOWN]:
        click.echo(f"Learner {one.user}, card {one.card} {one.what}" if one.card else f"Learner {one.user}, {one.what}")
    if len(report.differences) > SHOWN:
        click.echo(f"… and {len(report.differences) - SHOWN} more.")
    counted = f"{report.events} events and {report.states} states of {report.users} users"
    if unindexed and repair:
        click.echo("Repaired: the search index is made anew.")
    elif unindexed:
        click.echo("The search index does not agree with the cards. `reprise verify --repair` makes it anew.", err=True)
    if not report.differences:
        if unindexed and not repair:
            raise SystemExit(1)
        click.echo(f"All agrees: {counted}.")
        return
    if repair and not report.unrepaired:
        click.echo(f"Repaired: {len(report.differences)} differences in {counted}.")
        return
    remedy = "These logs need a person to look at them." if repair else "`reprise verify --repair` writes them again."
    click.echo(f"{len(report.differences)} differences in {counted}. {remedy}", err=True)
    raise SystemExit(1)
