"""The surroundings of the tests: nothing leaves the machine or touches the developer's data."""

import os
import socket
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from dashboard.celery import app
from dashboard.environment import BASE_DIR
from tests.servers.worker import Worker


def test_no_test_reaches_beyond_loopback() -> None:
    refused = "A test tried to use socket"
    with pytest.raises(RuntimeError, match=refused), pytest.warns(UserWarning, match=refused):
        socket.create_connection(("192.0.2.1", 80), timeout=1)


def test_the_data_folder_is_not_the_developers() -> None:
    assert BASE_DIR not in Path(settings.DATA_DIR).parents
    assert os.environ["DATA_DIR"] == str(settings.DATA_DIR)


@pytest.mark.sqlite
@pytest.mark.django_db
def test_sqlite_is_a_file_with_a_write_ahead_log() -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        assert cursor.fetchone() == ("wal",)
    assert Path(connection.settings_dict["NAME"]).is_relative_to(settings.DATA_DIR)


@pytest.mark.postgres
@pytest.mark.django_db
def test_postgres_is_a_test_database() -> None:
    assert connection.settings_dict["NAME"].startswith("test_")


def test_a_real_worker_hears_this_process(celery_worker_process: Worker) -> None:
    assert celery_worker_process.process.poll() is None
    assert app.control.ping(timeout=60, limit=1)
