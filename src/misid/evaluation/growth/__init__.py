"""What a larger gallery would do, by forms that must first predict inside the data."""
