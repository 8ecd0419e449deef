"""Choose how threads wait for each other, which decides how a busy machine slows a fit."""

import os

# A person may have set one of these already. Then their own choice stands.
CHOICES = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY", "KMP_BLOCKTIME")
SPINS = "3000"
MILLISECONDS = "0"


def count_of_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def wait_briefly() -> bool:
    """Let OpenMP's idle threads sleep soon, instead of spinning for milliseconds.

    A step of a fit is some hundred parallel loops. At the end of each loop the first thread to be
    done waits for the others, and by default it spins: GNU's OpenMP turns 300,000 times (some
    milliseconds), Intel's and LLVM's spin for 200 ms. On a quiet machine that is the fastest way.
    Beside another busy process the spinning thread takes the core that the thread it waits for
    needs. docs/evidence/speed.md has the figures.

    The libraries read these variables when they are loaded, so call this before `import torch`.
    A later call has no effect. Nothing is set where a person has chosen already (`CHOICES`).

    Returns:
        Whether the variables were set.
    """
    if any(name in os.environ for name in CHOICES):
        return False
    os.environ["GOMP_SPINCOUNT"] = SPINS
    os.environ["KMP_BLOCKTIME"] = MILLISECONDS
    return True
