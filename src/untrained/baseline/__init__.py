"""Baselines: classical methods that run on the same target as the network."""
