"""Untrained neural network image priors: min_theta f(A(G_theta(z)), y), watched over time."""
