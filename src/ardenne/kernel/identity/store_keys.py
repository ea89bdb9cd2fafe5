"""The node's signing keys: made, rotated, published. Private parts are sealed.

ES256. The newest key signs; a retired one is published and believed for another day, so that no token dies by
a rotation.
"""

from __future__ import annotations

import time
from typing import Any

import orjson
from joserfc.jwk import ECKey

from ardenne.kernel.identity.sealing import Sealing
from ardenne.kernel.store.database import Connection, Database

PURPOSE = "signing-key"
_LOCK = 7_205_114_920  # any constant of our own: one process makes or rotates keys at a time
_FRESH_SECONDS = 60.0
_HASTE_SECONDS = 1.0
_LIST = """
select kid, public, private, retired is null from signing_key
 where retired is null or retired > now() - interval '1 day' order by created desc
"""
_NEEDED = "select not exists (select from signing_key where retired is null and created > now() - interval '90 days')"
_RETIRE = "update signing_key set retired = now() where retired is null"
_ADD = "insert into signing_key (kid, public, private) values ($1, $2::jsonb, $3)"
_HOLD = "select pg_advisory_xact_lock($1)"


class SigningKeys:
    """The keys of one node, read again every minute."""

    def __init__(self, database: Database, sealing: Sealing) -> None:
        self._database = database
        self._sealing = sealing
        self._keys: dict[str, ECKey] = {}
        self._signing: ECKey | None = None
        self._read_at = 0.0

    async def signing(self) -> ECKey:
        """Return the key that signs; the first one is made here, a new one when it is 90 days old."""
        await self._refresh(_FRESH_SECONDS)
        if self._signing is None:
            async with self._database.transaction() as connection:
                await connection.execute(_HOLD, _LOCK)
                if await connection.fetchval(_NEEDED):
                    await self._new(connection)
            await self._refresh(0.0)
        assert self._signing is not None
        return self._signing

    async def verifying(self, kid: str) -> ECKey | None:
        """Return a key that is believed; one that is not known yet is looked for, at most once a second."""
        await self._refresh(_FRESH_SECONDS)
        if kid not in self._keys:
            await self._refresh(_HASTE_SECONDS)
        return self._keys.get(kid)

    async def published(self) -> dict[str, Any]:
        """Return the JWK Set (RFC 7517): public parts only."""
        await self.signing()
        return {"keys": [key.as_dict(private=False) for key in self._keys.values()]}

    async def rotate(self) -> str:
        """Make a new signing key and return its id."""
        async with self._database.transaction() as connection:
            await connection.execute(_HOLD, _LOCK)
            kid = await self._new(connection)
        await self._refresh(0.0)
        return kid

    async def _new(self, connection: Connection) -> str:
        key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
        kid = str(key.kid)
        private = self._sealing.seal(orjson.dumps(key.as_dict(private=True)), PURPOSE)
        await connection.execute(_RETIRE)
        await connection.execute(_ADD, kid, orjson.dumps(key.as_dict(private=False)).decode(), private)
        return kid

    async def _refresh(self, age: float) -> None:
        if self._keys and time.monotonic() - self._read_at < age:
            return
        rows = await self._database.fetch(_LIST)
        self._read_at = time.monotonic()
        self._keys = {row[0]: ECKey.import_key(orjson.loads(row[1])) for row in rows}
        current = [row for row in rows if row[3]]
        self._signing = None
        if current and not (await self._database.fetch(_NEEDED))[0][0]:
            self._signing = ECKey.import_key(orjson.loads(self._sealing.open(current[0][2], PURPOSE)))
