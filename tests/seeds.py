"""The seed of all that tests draw: always the same one, unless ``TEST_SEED`` gives another."""

import os
import random

NAME = "TEST_SEED"
USUAL = 20261001


def given() -> int | None:
    """What the environment asks for."""
    asked = os.environ.get(NAME)
    return int(asked) if asked else None


def drawn() -> int:
    """Printed, so that a failure tells how to repeat it."""
    seed = given()
    seed = USUAL if seed is None else seed
    print(f"{NAME}={seed}")
    return seed


def draw_for_all() -> int:
    """A fresh one for this process and those that it starts, unless one is given."""
    seed = given()
    seed = random.SystemRandom().randrange(10**6) if seed is None else seed
    os.environ[NAME] = str(seed)
    return seed
