"""What changed between two revisions, and whom it breaks: the parts of `scripts.compare`."""
