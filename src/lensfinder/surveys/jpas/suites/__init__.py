"""What is expected of the J-PAS track's data before a network may learn from it."""
