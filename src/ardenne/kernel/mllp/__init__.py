"""HL7 v2 over MLLP: frames, server, and the table of who takes which message."""
