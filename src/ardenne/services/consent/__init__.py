"""Consent (eConsent): what a person allows and forbids, as FHIR Consent, with effect at once."""
