"""FHIR XML in and out, without loss: JSON to XML to JSON gives the same resource, decimals digit by digit."""

from ardenne.standards.fhir.xml.reader import parse, read
from ardenne.standards.fhir.xml.writer import dump

__all__ = ["dump", "parse", "read"]
