"""The emulator's harness, without starting it: tests/e2e do that."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from functions.core.errors import SettingsError
from infra.local import Emulator


def test_an_emulator_that_is_not_installed_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="make setup"), Emulator(port=1, installed=tmp_path):
        pass


def test_an_emulator_of_another_python_is_named(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()
    with pytest.raises(SettingsError, match="is not of python"):
        Emulator(port=1, installed=tmp_path).__enter__()


@pytest.mark.enable_socket
def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(SettingsError, match=f"port {port} is in use"):
            Emulator(port=port).__enter__()


def test_the_emulators_folder_goes_with_it_unless_it_was_given(tmp_path: Path) -> None:
    kept = Emulator(port=1, folder=tmp_path, installed=tmp_path)
    thrown = Emulator(port=1, installed=tmp_path)
    for emulator in (kept, thrown):
        with pytest.raises(SettingsError):
            emulator.__enter__()
    assert kept.folder.exists()
    assert not thrown.folder.exists()
