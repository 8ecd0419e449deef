"""Seeds that do not meet: each kind of draw has numbers of its own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

DRAWS = 3
"""Raised whenever the same words draw other numbers than before, so that no run goes on with both.

In 1 the latent code had the random numbers of the noise of the same seed. In 2 the jitter was drawn
anew at each step.
"""


# All threads share PyTorch's random state.
ONE_AT_A_TIME = threading.RLock()


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Let PyTorch draw from a seed while the body runs; its state is restored afterwards.

    Only one thread at a time is inside, so that each draws its own numbers.
    """
    import torch  # Late: a mistyped word does without.

    with ONE_AT_A_TIME, torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


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
