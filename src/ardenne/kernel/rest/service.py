"""What the interactions work with."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from ardenne.kernel.blobs import BlobStore
from ardenne.kernel.search.searcher import Searcher
from ardenne.kernel.search.translate import Translator
from ardenne.kernel.store.database import Database
from ardenne.kernel.store.past import Past
from ardenne.kernel.store.resources import Resources
from ardenne.kernel.terminology.searching import SearchCodes
from ardenne.kernel.terminology.service import Terminology

LUXEMBOURG = ZoneInfo("Europe/Luxembourg")


class FhirService:
    """The store, the search, the history and the contents of one node.

    ``zone`` is that of the node: times that arrive without zone are read in it.
    """

    def __init__(
        self, database: Database, contents: Path, base: str = "", zone: ZoneInfo = LUXEMBOURG
    ) -> None:
        self.database = database
        self.zone = zone
        self.blobs = BlobStore(contents)
        self.resources = Resources(database)
        self.past = Past(database)
        self.terminology = Terminology(database)
        self.translator = Translator(base)
        self.searcher = Searcher(database, self.translator, SearchCodes(self.terminology))
