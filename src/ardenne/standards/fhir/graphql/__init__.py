"""GraphQL over FHIR, reading only: `$graphql` on the system and on one resource.

Source: FHIR R4, graphql.html; GraphQL October 2021. The grammar is small, so the parser is
our own; `Fetch` is what a server must lend.
"""

from .errors import GraphQLError
from .execution import execute
from .fetch import Fetch, Match, Page
from .parser import parse

__all__ = ["Fetch", "GraphQLError", "Match", "Page", "execute", "parse"]
