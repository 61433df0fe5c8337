"""What the wrapper relies on, and whether a new client and document still give it: `scripts.contract`."""
