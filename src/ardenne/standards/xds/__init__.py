"""IHE XDS.b: ebRIM metadata, SOAP 1.2, MTOM, stored queries (ITI TF-3, chapters 4.1 to 4.3; pure)."""
