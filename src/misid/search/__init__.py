"""One-to-many search over synthetic people: lazily, slowly and readably, and by brute force."""
