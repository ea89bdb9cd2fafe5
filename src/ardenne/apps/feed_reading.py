"""Reading a feed (CSV) for a command: its faults are told with line and column, and nothing is done then."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

import click

_SHOWN = 20


class Fault(Protocol):
    """What is wrong with a line of a feed."""

    @property
    def line(self) -> int: ...
    @property
    def column(self) -> str: ...
    @property
    def message(self) -> str: ...


class Read(Protocol):
    """What a feed holds."""

    @property
    def faults(self) -> Sequence[Fault]: ...


Feed = TypeVar("Feed", bound=Read)


def readable(file: Path, read: Callable[[str], Feed], nothing: str) -> Feed:
    """Return a feed without faults; tell the faults, and ``nothing`` of what was not done, and end with exit code 1."""
    try:
        found = read(file.read_text("utf-8"))
    except UnicodeDecodeError:
        raise click.ClickException(f"{file} is no UTF-8 text: save it as CSV in UTF-8") from None
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    for fault in found.faults[:_SHOWN]:
        click.echo(f"{file}:{fault.line}: {fault.column}: {fault.message}", err=True)
    if found.faults:
        click.echo(f"{len(found.faults)} faults: nothing was {nothing}", err=True)
        sys.exit(1)
    return found
