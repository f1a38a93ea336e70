"""How long things are kept, what holds them back, how they go, and what the public is told."""
