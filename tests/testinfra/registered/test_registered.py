# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was asked for is there: in the file, in the engine, and containers run under it."""

import pytest


@pytest.fixture(scope="module")
def image(engine):
    """An image with a busybox, while the tests run."""
    engine.host.check_output(f"tar -c -C /usr/bin busybox | {engine.place['cli']} import - busybox")
    yield "busybox"
    engine.cli("rmi --force busybox")


def test_the_file_has_it_and_keeps_its_form(engine, expected):
    assert engine.config.content_string == expected["after"]
    if expected["before"] is not None:
        assert engine.config.mode == 0o640


def test_the_engine_has_loaded_it(engine, expected):
    assert engine.loaded() == set(expected["loaded"])
    assert engine.info()["DefaultRuntime"] == expected["default_runtime"]


def test_a_container_runs_under_it(engine, expected, image, runtime):
    option = f"--runtime {runtime}" if runtime else ""
    seen = engine.cli(f"run --rm --network none {option} {image} /busybox uname -r")
    assert seen == (expected["runs"][runtime] or engine.host.check_output("uname -r"))


def test_nothing_stays(engine):
    assert engine.leftovers() == ""
