"""What is said of rules over the same people."""
