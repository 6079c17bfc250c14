"""How rates differ between groups, and what the data could have shown."""
