"""``python -m dashboard.launch``: what `make run` starts."""

import os
import sys

from dashboard import environment
from dashboard.launch.launcher import Launcher
from dashboard.launch.refusal import Refusal

WITH_PARENT = "--end-with-parent"


def main() -> int:
    """1 with one sentence a mistake when it cannot start."""
    parent = os.getppid() if WITH_PARENT in sys.argv[1:] else None
    try:
        Launcher(environment.read(), parent=parent).run()
    except environment.BadEnvironmentError as error:
        sys.stderr.write(f"{environment.NEED_MENDING}\n{error}\n")
    except Refusal as refusal:
        sys.stderr.write(f"{refusal}\n")
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
