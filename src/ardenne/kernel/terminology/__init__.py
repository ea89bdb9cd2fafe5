"""Terminology of a node: definitions in its store and the code systems that were loaded into it."""
