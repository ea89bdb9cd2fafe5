"""Telling other systems that the numbers of a person changed: IHE PIX Update Notification (ITI-10) and PMIR feed (ITI-93)."""
