"""Who descends from whom, as the system tells."""

import subprocess


def descendants(ancestor: int) -> set[int]:
    """Ids of all live processes below this one."""
    children: dict[int, set[int]] = {}
    for pid, parent, _ in _rows():
        children.setdefault(parent, set()).add(pid)
    found: set[int] = set()
    waiting = [ancestor]
    while waiting:
        below = children.get(waiting.pop(), set())
        found |= below
        waiting += below
    return found


def is_alive(pid: int) -> bool:
    return any(found == pid and not state.startswith("Z") for found, _, state in _rows())


def _rows() -> list[tuple[int, int, str]]:
    listing = subprocess.run(
        ["ps", "-eo", "pid=,ppid=,stat="], capture_output=True, text=True, check=True
    )
    rows = (line.split() for line in listing.stdout.splitlines())
    return [(int(pid), int(parent), state) for pid, parent, state in rows]
