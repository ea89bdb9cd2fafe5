"""What the interactions work with."""

from __future__ import annotations

from ardenne.kernel.search.searcher import Searcher
from ardenne.kernel.search.translate import Translator
from ardenne.kernel.store.database import Database
from ardenne.kernel.store.past import Past
from ardenne.kernel.store.resources import Resources


class FhirService:
    """The store, the search and the history of one database."""

    def __init__(self, database: Database, base: str = "") -> None:
        self.database = database
        self.resources = Resources(database)
        self.past = Past(database)
        self.translator = Translator(base)
        self.searcher = Searcher(database, self.translator)
