"""Secure messaging (system B4): mail between professionals of the directory, signed and encrypted from end to end."""
