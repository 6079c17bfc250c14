"""The algorithm as the twin takes it, from measured scores."""
