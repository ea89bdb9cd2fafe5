"""Vaccination: the card, the recommendations, the certificate, the coverage."""
