"""A record as one file: written here, read by this and by other systems (FHIR, originals, IHE XDM)."""
