"""What code that imports the generated package sees of it, and what changes: the parts of `scripts.surface`."""
