"""KMEHR, the Belgian format for messages between care givers: read and show them."""
