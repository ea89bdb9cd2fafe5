"""IHE MHD 4.2: documents published and described over FHIR (ITI-65, ITI-105, ITI-106)."""
