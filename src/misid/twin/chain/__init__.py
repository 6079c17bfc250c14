"""The chain for single people: stages from the encounter to the outcome, and the ledger they fill."""
