"""How well an algorithm tells faces apart: cards fitted from published figures, and the catalogue of them."""
