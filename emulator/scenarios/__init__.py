"""What the emulator's trainings print and how they end: scripts of healthy and failing jobs, and the table."""
