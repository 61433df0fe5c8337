"""What every generated client has, whatever its document: copied into the package as it stands here.

It runs as part of that package, on its own: it imports nothing of this project but its neighbours.
"""
