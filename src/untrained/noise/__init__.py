"""Noises N: y = N(A(x)), drawn alike for every model and device, and how strong one is."""
