"""Access: opening a record with the patient's code or in an emergency, why one may or may not, who saw what."""
