"""How an update is brought before people: the parts of `scripts.propose`."""
