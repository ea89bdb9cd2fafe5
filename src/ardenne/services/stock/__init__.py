"""The state's stock of vaccines: by site and batch, ordered, delivered, moved, used, recalled."""
