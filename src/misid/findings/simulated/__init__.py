"""What is said of simulated people, from their ledger."""
