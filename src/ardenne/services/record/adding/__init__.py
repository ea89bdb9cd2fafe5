"""Adding to a record by hand: a file, or a report written here; by the patient or by a professional."""
