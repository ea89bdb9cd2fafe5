"""Compiles the published FHIR R4 definitions into the data that Ardenne ships."""
