"""This process and those it starts: interruption by signals, trees of processes, the command line."""
