"""Tables of predictions beside rows that NIST printed."""
