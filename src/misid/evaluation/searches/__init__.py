"""Rates of one-to-many searches: from comparisons, candidate lists and embeddings."""
