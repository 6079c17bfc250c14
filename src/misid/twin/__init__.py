"""What happens to people: the chain from encounter to outcome, in closed form."""
