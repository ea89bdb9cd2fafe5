"""Master patient index: every person once, whatever the numbers and spellings."""
