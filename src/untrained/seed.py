"""Seeds that do not meet: each kind of draw has numbers of its own."""

from random import Random

DRAWS = 2
"""Raised whenever the same words draw other numbers than before, so that no run goes on with both.

In 1 the latent code had the random numbers of the noise of the same seed.
"""


def own_seed(*words: object) -> int:
    """Return a seed for a draw, from words that say what is drawn: a name, the typed seed, a step.

    Two draws with one seed would have the same numbers. A mask would then keep the pixels with weak
    noise, and a perturbation would be the noise itself. The seeds of neighbouring numbers are far
    apart.

    Returns:
        A whole number of 32 bits.

    Example:
        >>> own_seed("mask", 0) == own_seed("mask", 0), own_seed("mask", 0) == own_seed("twin", 0)
        (True, False)
    """
    return Random(" ".join(map(str, words))).getrandbits(32)
