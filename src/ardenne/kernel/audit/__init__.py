"""What happened: the tamper-evident journal of every access and every decision."""
