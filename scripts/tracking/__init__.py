"""The rooms of an update: what belongs together, and what is done with a new document."""
