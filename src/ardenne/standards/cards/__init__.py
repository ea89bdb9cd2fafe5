"""Verifiable health cards: European Vaccination Card, EU Digital COVID Certificate, SMART Health Card and Link.

Text of a QR in, content and verdict out; content and key in, text of a QR out. Nothing here fetches or stores anything.
"""
