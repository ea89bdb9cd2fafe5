"""FHIR search (R4, Search): from a query string to a page of results.

``query`` reads the string, ``translate`` turns parameters into conditions of the store,
``searcher`` runs them, ``pages`` writes the Bundle.
"""
