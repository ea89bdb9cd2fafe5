"""An invented population on both sides of the border, the same for the same seed, with the truth known."""
