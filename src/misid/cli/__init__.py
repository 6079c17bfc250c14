"""The command line: every command is a thin call of the Python interface."""
