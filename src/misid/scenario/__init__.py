"""What is simulated: a terse file for people, resolved once into a complete form that engines read."""
