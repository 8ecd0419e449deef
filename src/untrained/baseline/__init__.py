"""Baselines: what one would use instead of a network, on the same target."""
