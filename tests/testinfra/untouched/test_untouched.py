# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host is as it was before us: after check mode, and once everything was taken away again."""


def test_the_file_is_as_it_was(engine, expected):
    if expected["before"] is None:
        assert not engine.config.exists
    else:
        assert engine.config.content_string == expected["before"]
        assert engine.config.mode == 0o640


def test_the_engine_has_loaded_what_it_had(engine, expected):
    assert engine.loaded() == set(expected["loaded_before"])
    assert engine.info()["DefaultRuntime"] == "runc"


def test_nothing_stays(engine):
    assert engine.containers_and_images() == ""
    assert engine.leftovers() == ""


def test_the_folder_is_as_it_was(engine, folder):
    noted = "/srv/releases/before/" + folder.replace("/", "_")
    assert engine.host.check_output(f"sh /srv/releases/listing.sh {folder} | diff {noted} -") == ""
