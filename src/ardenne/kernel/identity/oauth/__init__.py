"""The authorisation server: OAuth 2.1, OpenID Connect, SMART App Launch 2.2, IHE IUA."""
