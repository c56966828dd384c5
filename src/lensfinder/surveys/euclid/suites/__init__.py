"""What is expected of the Euclid track's data before a network may learn from it."""
