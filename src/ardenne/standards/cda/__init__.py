"""HL7 Clinical Document Architecture, release 2: read, interpret, show and write documents."""
