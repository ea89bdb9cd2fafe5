"""Sharing the patient summary by a QR code for some days (SMART Health Links, HL7 SHL 1.0)."""
