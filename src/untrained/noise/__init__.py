"""Noises N, y = N(A(x)), with the same draw for every model and device, and their level."""
