"""What services offer each other, by the contract that each names."""

from __future__ import annotations

from typing import TypeVar, cast

Contract = TypeVar("Contract")


class Registry:
    """Contracts and who fulfils them on this node."""

    def __init__(self) -> None:
        self._offered: dict[type, object] = {}

    def provide(self, contract: type, offered: object) -> None:
        """Let ``offered`` fulfil a contract."""
        self._offered[contract] = offered

    def get(self, contract: type[Contract]) -> Contract:
        """Return who fulfils a contract. Raises LookupError when the node was composed without one."""
        try:
            return cast(Contract, self._offered[contract])
        except KeyError:
            raise LookupError(f"nothing on this node fulfils {contract.__name__}") from None
