"""A real algorithm, measured from its scores or embeddings: what was read, what the rates are, and how sure that is."""
