"""What a customer reads and fills in: pages without scripts, and the pure functions around them."""
