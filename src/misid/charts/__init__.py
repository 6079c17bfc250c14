"""Chart data into Vega-Lite specifications: one look, light and dark, from a phone to paper."""
