"""The FHIR REST door (R4, RESTful API): interactions over the store, without knowledge of any service."""
