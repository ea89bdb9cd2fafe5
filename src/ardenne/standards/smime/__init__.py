"""S/MIME 4.0 (RFC 8551) over CMS (RFC 5652): sealing, opening, signing, verifying, protected headers (RFC 9788)."""
