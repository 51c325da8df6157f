# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is told of real runtimes and of what stood in for them."""

from pathlib import Path

import met
import pytest


def test_told() -> None:
    """By name, the same scenario on both sides where it met both."""
    assert met.told({"roles": {"youki": "real", "shim": "runc's"}, "wasm": {"kata": "runc's shim"}, "none": {}}) == "\n".join((
        "1 of 3 scenarios that passed met the real runtime:", "    roles: youki",
        "2 of 3 scenarios that passed met a stand-in:", "    roles: shim (runc's)", "    wasm: kata (runc's shim)"))
    assert met.told({"podman": {"podman": "real"}}).splitlines()[-1] == "0 of 1 scenarios that passed met a stand-in"


def test_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a gate to who runs it."""
    assert met.noted(tmp_path) == {}
    monkeypatch.setenv("SLIPWAY_JUNIT", str(tmp_path))
    met.note({"roles": {"youki": "real"}})
    assert met.noted(tmp_path) == {"roles": {"youki": "real"}}
    monkeypatch.delenv("SLIPWAY_JUNIT")
    met.note({})
    assert met.noted(tmp_path) == {"roles": {"youki": "real"}}
