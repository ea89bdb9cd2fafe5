"""FHIR subscriptions: who asked is told of every change that matches, by rest-hook, websocket or e-mail."""
