"""How goods move: the network, its routes, what it can carry, where it chokes and what breaks it."""
