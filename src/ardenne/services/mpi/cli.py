"""``ardenne mpi``: linking files of persons, and measuring the index."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ardenne.services.mpi.linking import Pair, Records


@click.group()
def command() -> None:
    """Master patient index: link files of persons, measure."""


@command.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--train",
    "training",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Learn the weights from this file instead of the files that are linked. Truth is never read.",
)
@click.option("--without-ids", is_flag=True, help="Do not look at national numbers.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Pairs as CSV.")
@click.option("--link-from", type=float, help="Log2 odds from which pairs are linked (default: 5).")
@click.option(
    "--ask-from", type=float, help="Log2 odds from which pairs are to be asked about (default: -1)."
)
@click.option(
    "--truth",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CSV that says whose each record is: print how each kind of trap fared. Never used for linking.",
)
def link(
    files: tuple[Path, ...],
    training: Path | None,
    without_ids: bool,
    out: Path,
    link_from: float | None,
    ask_from: float | None,
    truth: Path | None,
) -> None:
    """Find the records of one person in file A, or between the files A and B.

    Writes id_a, id_b, weight (log2 odds) and decision: link, ask (an identity officer) or new (two persons).
    """
    from ardenne.services.mpi import linking
    from ardenne.services.mpi.rules.decision import Thresholds
    from ardenne.services.mpi.rules.training import train

    if len(files) > 2:
        raise click.UsageError("name one file, or two to link with each other")
    usual = Thresholds()
    thresholds = Thresholds(
        usual.link if link_from is None else link_from, usual.ask if ask_from is None else ask_from
    )
    try:
        records = [linking.read(path, not without_ids) for path in files]
        weights = train(linking.read(training, not without_ids).traits, wide=True) if training else None
        second = records[1] if len(records) > 1 else None
        pairs = list(linking.link(records[0], second, weights, thresholds))
        counts = linking.write(iter(pairs), out)
        told = _told(records, truth, pairs) if truth else []
    except linking.BadFile as error:
        click.echo(f"ardenne: {error}", err=True)
        sys.exit(1)
    for line in told:
        click.echo(line)
    click.echo(
        f"{counts['link']:,} linked, {counts['ask']:,} to ask about, {counts['new']:,} compared and new"
    )


def _told(records: list[Records], truth: Path, pairs: list[Pair]) -> list[str]:
    """Return the lines about traps."""
    from ardenne.services.mpi import linking, trapping

    everybody = linking.Records(
        [name for one in records for name in one.ids], [row for one in records for row in one.traits]
    )
    told = trapping.report(everybody, trapping.truth(truth), pairs)
    lines = [f"precision {told.precision:.4f}, recall {told.recall:.4f}, {told.asked:,} to ask about"]
    for same, heading in ((True, "of one person"), (False, "of two persons")):
        lines.append(f"{heading:36} {'pairs':>9} {'linked':>9} {'asked':>9}")
        lines += [
            f"  {one.kind:34} {one.pairs:9,} {one.linked:9,} {one.asked:9,}"
            for one in told.fared
            if one.same == same
        ]
    return lines
