"""Bulk data: ``$import`` of NDJSON files from a folder or from allowed hosts, made in the background."""
