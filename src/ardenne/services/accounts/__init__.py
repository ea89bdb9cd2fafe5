"""Accounts: sign-in, activation, devices, mandates, and what applications may do."""
