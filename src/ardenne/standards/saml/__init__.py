"""SAML 2 assertions of IHE XUA: who asks, in which role, for what purpose, about whom."""

from ardenne.standards.saml.assertion import Assertion, Coded, check, parse, parse_all

__all__ = ["Assertion", "Coded", "check", "parse", "parse_all"]
