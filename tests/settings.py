"""The product's settings in an environment of the tests' own: the developer's is not read."""

import atexit
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from dashboard.environment import NAMES

OF_A_RUN = "SELLSIDE_TEST_RUN"  # set for its children, which share its folder


def forget_the_developers_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The same without the product's own variables."""
    return {name: value for name, value in environment.items() if name not in NAMES}


def _make_data_folder() -> None:
    folder = tempfile.mkdtemp(prefix="sellside-tests-")
    atexit.register(_remove, Path(folder), os.getpid())
    (Path(folder) / "static").mkdir()  # WhiteNoise warns of a missing one at every client
    os.environ["DATA_DIR"] = folder


def _remove(folder: Path, made_by: int) -> None:
    if os.getpid() == made_by:
        shutil.rmtree(folder, ignore_errors=True)


if OF_A_RUN not in os.environ:
    os.environ[OF_A_RUN] = "1"
    kept = forget_the_developers_environment(os.environ)
    for name in set(os.environ) - set(kept):
        del os.environ[name]
    _make_data_folder()
    os.environ["SELLSIDE_LOOPBACK_ONLY"] = "1"
    if url := os.environ.get("TEST_DATABASE_URL"):
        os.environ["DATABASE_URL"] = url

from dashboard.settings import *  # noqa: E402, F403  # after the environment is in place

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

# Most tests ask far more in a minute than a market should be asked; those of the budget set one.
VPSBOT_CALLS_A_MINUTE = MANNCO_CALLS_A_MINUTE = 0
STEAM_CALLS_A_MINUTE = STEAM_HOST_CALLS_A_MINUTE = 0
LIMITS_OF_A_PERSON = dict.fromkeys(LIMITS_OF_A_PERSON, "")  # noqa: F405
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
