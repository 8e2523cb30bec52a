"""The output and the end of the emulator's trainings: scripts of healthy and failing jobs, and the table of
scenarios."""
