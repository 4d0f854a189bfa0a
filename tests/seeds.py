"""Seeds of the randomised tests: drawn anew each run and printed, or given to repeat a failure."""

import os
import random


def drawn() -> int:
    """``TEST_SEED`` of the environment repeats a run."""
    seed = int(os.environ.get("TEST_SEED") or random.SystemRandom().randrange(10**6))
    print(f"TEST_SEED={seed}")
    return seed
