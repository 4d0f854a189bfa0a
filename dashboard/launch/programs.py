"""The command line and the environment of every child. No secret is ever on a command line."""

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

from dashboard.environment import BASE_DIR, Environment, is_loopback
from dashboard.launch import broker, groups

WEB_PROCESSES = 2
WEB_THREADS = 8  # with one thread, two slow market calls froze the site
WORKER_THREADS = 8  # a host that hangs holds six of them at most


@dataclass(frozen=True)
class Program:
    name: str
    command: list[str]
    cwd: Path = BASE_DIR
    environment: dict[str, str] = field(default_factory=dict, repr=False)


def shared_environment(found: Environment, redis_url: str) -> dict[str, str]:
    """What each child gets: ours, with what we decided for it written out."""
    decided = {
        "DJANGO_SETTINGS_MODULE": "dashboard.settings",
        "PORT": str(found.port),
        "SANDBOX_PORT": str(found.sandbox_port),
        "DATA_DIR": str(found.data_dir),
        "REDIS_URL": redis_url,
        "PYTHONUNBUFFERED": "1",
    }
    upstreams = (found.vpsbot_url, found.mannco_url, found.steam_url, found.steam_community_url)
    if all(map(is_loopback, upstreams)):
        decided["SELLSIDE_LOOPBACK_ONLY"] = "1"
    return os.environ | decided


def redis(binary: Path, socket_path: Path) -> Program:
    return Program("broker", broker.command(binary, socket_path), cwd=socket_path.parent)


def sandbox(found: Environment, environment: dict[str, str]) -> Program:
    command = [
        *(sys.executable, "-m", "trades.sandbox", "--demo", "--port", str(found.sandbox_port)),
        *("--data-dir", str(found.data_dir / "sandbox")),
    ]
    return Program("sandbox", command, environment=environment)


def preparation(environment: dict[str, str]) -> Program:
    command = [sys.executable, "-m", "dashboard.launch.prepare"]
    return Program("prepare", command, environment=environment)


def web(found: Environment, environment: dict[str, str]) -> Program:
    command = [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--no-access-log"),
        *("--host", found.bind_host, "--port", str(found.port)),
        *("--workers", str(WEB_PROCESSES), "--blocking-threads", str(WEB_THREADS)),
        *("--respawn-failed-workers", "--workers-kill-timeout", "5", "dashboard.wsgi:application"),
    ]
    return Program("web", command, environment=environment | {groups.LAUNCHED: "1"})


def background(found: Environment, environment: dict[str, str]) -> list[Program]:
    """A worker and its tick, or, without a broker, one loop over the same work."""
    if not environment["REDIS_URL"]:
        return [Program("work", [sys.executable, "manage.py", "work"], environment=environment)]
    celery = [sys.executable, "-m", "celery", "-A", "dashboard.celery"]
    worker = [
        *(*celery, "worker", "--pool=threads", f"--concurrency={WORKER_THREADS}"),
        *("--loglevel=INFO", "--without-gossip", "--without-mingle", "--without-heartbeat"),
    ]
    schedule = found.data_dir / "beat-schedule"
    beat = [*celery, "beat", "--loglevel=WARNING", "--pidfile=", "--schedule", str(schedule)]
    return [
        Program("worker", worker, environment=environment),
        Program("beat", beat, environment=environment),
    ]
