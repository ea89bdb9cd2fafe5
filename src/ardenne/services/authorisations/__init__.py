"""The registers of those who may practise: application, review, decision, life and end of an authorisation."""
