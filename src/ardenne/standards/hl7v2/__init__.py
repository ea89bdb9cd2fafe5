"""HL7 version 2 messages in the ER7 encoding: read, write, acknowledge, and turn into FHIR."""
