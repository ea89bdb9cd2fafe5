"""HL7 version 3 messages about persons, as IHE PIXV3, PDQV3 and XCPD use them: read and written. Pure."""
