"""The parts of the launcher that need no process."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from dashboard import environment
from dashboard.environment import Environment
from dashboard.launch import broker, guardian, logs, prepared, programs


@pytest.fixture
def found(tmp_path: Path) -> Environment:
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "desk.sqlite3")}
    (tmp_path / "desk.sqlite3").write_text("")
    return replace(environment.read(), data_dir=tmp_path, database=database)


def test_a_start_knows_that_nothing_changed(found: Environment) -> None:
    assert not prepared.is_unchanged(found)
    prepared.note(found)
    assert prepared.is_unchanged(found)


def test_a_lost_or_other_database_is_a_change(found: Environment) -> None:
    prepared.note(found)
    (found.data_dir / "desk.sqlite3").unlink()
    assert not prepared.is_unchanged(found)
    elsewhere = found.database | {"ENGINE": "django.db.backends.postgresql", "NAME": "desk"}
    assert not prepared.is_unchanged(replace(found, database=elsewhere))


def test_a_large_log_is_cut_and_one_older_file_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "LARGEST_LOG", 10)
    with logs.open_log(tmp_path, "web") as log:
        os.write(log.fileno(), b"eleven bytes")
        logs.cut_when_large(tmp_path / "web.log")
        os.write(log.fileno(), b"after")
    assert (tmp_path / "web.log").read_bytes() == b"after"
    assert (tmp_path / "web.log.1").read_bytes() == b"eleven bytes"


def test_logs_are_for_their_owner_alone(tmp_path: Path) -> None:
    logs.open_log(tmp_path / "logs", "web").close()
    assert (tmp_path / "logs" / "web.log").stat().st_mode & 0o077 == 0
    assert (tmp_path / "logs").stat().st_mode & 0o077 == 0


def test_the_guardian_forgets_groups_that_were_taken_back() -> None:
    assert guardian.remaining(["12\n", "13\n", "-12\n"]) == {13}


def test_a_long_data_folder_gets_a_short_private_socket() -> None:
    assert broker.socket_path(Path("/srv/desk")) == Path("/srv/desk/redis.sock")
    path = broker.socket_path(Path("/srv") / ("long" * 40))
    try:
        assert len(str(path)) <= broker.LONGEST_SOCKET_PATH
        assert path.parent.stat().st_mode & 0o077 == 0
        assert broker.socket_path(Path("/srv") / ("long" * 40)) == path
    finally:
        path.parent.rmdir()


def test_children_stay_on_loopback_when_every_market_is_there(found: Environment) -> None:
    sheltered = programs.shared_environment(found, "")
    assert sheltered["SELLSIDE_LOOPBACK_ONLY"] == "1"


def test_no_secret_is_on_a_command_line(found: Environment) -> None:
    secretive = replace(found, secret_key="hidden-secret", redis_url="redis://:hidden-word@h/0")
    shared = programs.shared_environment(secretive, secretive.redis_url)
    started = [programs.web(secretive, shared), *programs.background(secretive, shared)]
    assert not any("hidden" in word for program in started for word in program.command)


def test_without_a_broker_one_loop_does_the_work(found: Environment) -> None:
    names = [one.name for one in programs.background(found, {"REDIS_URL": ""})]
    assert names == ["work"]
