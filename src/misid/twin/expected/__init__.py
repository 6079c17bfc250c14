"""The closed form: what to expect, over all inputs and model choices."""
