"""The specification update: from the vendor's OpenAPI document to `generated/`.

Nothing here imports the wrapper, and the wrapper imports nothing of this.
"""
