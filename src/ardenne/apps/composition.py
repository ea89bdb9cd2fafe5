"""What the services of a node offer each other, for servers and commands alike."""

from __future__ import annotations

from ardenne.kernel.registry import Registry
from ardenne.services.access.contract import PatientCodes
from ardenne.services.access.opening import Codes
from ardenne.services.mpi.contract import PersonIndex
from ardenne.services.mpi.index import Index
from ardenne.services.notices import store as notices
from ardenne.services.notices.contract import Notices
from ardenne.services.notices.sending import Queue
from ardenne.services.record.contract import RecordContents, RecordFiles
from ardenne.services.record.destroying import Contents
from ardenne.services.record.handing import Files
from ardenne.services.record.sharing import store as sharing
from ardenne.services.referring import store as referring
from ardenne.services.retention.contract import Keepers
from ardenne.services.stock.keeping import Uses
from ardenne.services.vaccination.contract import Recipients, Vaccines, VaccineStock
from ardenne.services.vaccination.recipients import BatchRecipients, KnownVaccines


def registry() -> Registry:
    """Return who fulfils the contracts of the services."""
    found = Registry()
    index = Index()
    found.provide(PersonIndex, index)
    found.provide(Index, index)
    found.provide(PatientCodes, Codes())
    found.provide(Notices, Queue())
    found.provide(RecordContents, Contents())
    found.provide(RecordFiles, Files())
    found.provide(Vaccines, KnownVaccines())
    found.provide(Recipients, BatchRecipients())
    found.provide(VaccineStock, Uses())
    found.provide(Keepers, Keepers(referring.Kept(), sharing.Kept(), notices.Kept()))
    return found
