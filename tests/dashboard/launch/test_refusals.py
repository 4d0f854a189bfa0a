"""Each reason not to start is one sentence, and nothing is started."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.environment import BASE_DIR
from tests.servers import product


def launch(environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "dashboard.launch"],
        cwd=BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def sentence_of(environment: dict[str, str]) -> str:
    done = launch(environment)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize("variable", ["PORT", "SANDBOX_PORT"])
def test_a_taken_port_is_named(tmp_path: Path, variable: str) -> None:
    environment = product.environment(tmp_path)
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # as a stray server would
        taken.bind(("127.0.0.1", int(environment[variable])))
        taken.listen()
        sentence = sentence_of(environment)
    assert f"Port {environment[variable]} cannot be used" in sentence
    assert f"set {variable} to another port" in sentence
    assert len(sentence.splitlines()) == 1


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "occupied"
    folder.write_text("")
    sentence = sentence_of(product.environment(folder))
    assert f"cannot write to its folder {folder}" in sentence
    assert len(sentence.splitlines()) == 1


@pytest.mark.skipif(os.getuid() == 0, reason="root may write anywhere")
def test_an_unwritable_folder_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    sentence = sentence_of(product.environment(tmp_path))
    assert f"cannot write to its folder {tmp_path}" in sentence


def test_a_mistake_in_the_environment_is_named(tmp_path: Path) -> None:
    sentence = sentence_of(product.environment(tmp_path, PORT="eighty", DEMO="perhaps"))
    assert "PORT: " in sentence
    assert "DEMO: " in sentence
    assert list(tmp_path.iterdir()) == []
