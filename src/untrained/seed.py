"""Seeds that do not meet: each kind of draw has numbers of its own."""

from random import Random

DRAWS = 2
"""Raised whenever the same words draw other numbers than before, so that no run goes on with both.

In 1 the latent code had the random numbers of the noise of the same seed.
"""


def own_seed(*words: object) -> int:
    """Return a seed that belongs to some words: what is drawn, the seed that was typed, a step.

    Two draws of one seed would be made of the same numbers. A mask would then keep the pixels whose
    noise is weak, and a perturbation would be the noise itself. Neighbouring seeds are far apart,
    too.

    Example:
        >>> own_seed("mask", 0) == own_seed("mask", 0), own_seed("mask", 0) == own_seed("twin", 0)
        (True, False)
    """
    return Random(" ".join(map(str, words))).getrandbits(32)
