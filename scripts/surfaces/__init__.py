"""What code that imports the generated package sees, and what changes: the parts of `scripts.surface`."""
