# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wanted: good and bad parameters."""

from typing import Any, Dict

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError
from ansible_collections.slipway.runtimes.plugins.module_utils.runner_host.wanted import parse

GOOD: Dict[str, Any] = dict(url="unix:///x", scopes=[dict(kind="login")])


def scopes(*found: Dict[str, Any]) -> Dict[str, Any]:
    """Parameters with those scopes."""
    return dict(GOOD, scopes=list(found))


def test_good() -> None:
    """All of it."""
    wanted = parse(dict(GOOD, cli_version="v0.18.14", timeout=3, scopes=[
        dict(kind="login"), dict(kind="unit", units=["a", "b@.service", "c@1.service", "d.e"]), dict(kind="user", user="u"),
        dict(kind="file", path="/opt/.env", user="v"), dict(kind="file", path="/etc/environment")]))
    assert wanted.present and wanted.version == (0, 18, 14) and not wanted.ask_cli
    assert wanted.units == ("a.service", "b@.service", "c@1.service", "d.e.service") and wanted.users == ("u", "v")
    assert wanted.has("login") and not wanted.has("manager")


@pytest.mark.parametrize("given, ask", [("auto", True), ("unknown", False)])
def test_version_is_not_given(given: str, ask: bool) -> None:
    """Asked of the host, or left open."""
    wanted = parse(dict(GOOD, cli_version=given))
    assert wanted.version is None and wanted.ask_cli == ask


def test_parts() -> None:
    """A port is a number in a playbook."""
    wanted = parse(dict(scheme="tcp", host="h", port=80, scopes=GOOD["scopes"]))
    assert wanted.address is not None and wanted.address.url == "tcp://h:80"


def test_absent() -> None:
    """Needs nothing, and takes scopes."""
    wanted = parse(dict(state="absent"))
    assert not wanted.present and wanted.scopes == () and not wanted.ask_cli
    assert parse(dict(state="absent", scopes=GOOD["scopes"], url="nonsense")).has("login")


BAD = (
    (dict(scopes=GOOD["scopes"]), "url", "address_missing"),
    (dict(GOOD, scheme="unix"), "url", "address_twice"),
    (dict(GOOD, path="/x"), "url", "address_twice"),
    (dict(GOOD, url=""), "url", "bad_address"),
    (dict(GOOD, scopes=[]), "scopes", "scopes_missing"),
    (dict(GOOD, cli="./dagger"), "cli", "bad_path"),
    (dict(GOOD, cli_version="new"), "cli_version", "bad_version"),
    (dict(GOOD, timeout=0), "timeout", "bad_timeout"),
    (scopes(dict(kind="unit")), "scopes[0] (unit).units", "bad_scope"),
    (scopes(dict(kind="login", units=["a"])), "scopes[0] (login).units", "bad_scope"),
    (scopes(dict(kind="login"), dict(kind="manager", user="u")), "scopes[1] (manager).user", "bad_scope"),
    (scopes(dict(kind="user")), "scopes[0] (user).user", "bad_scope"),
    (scopes(dict(kind="user", user="a b")), "scopes[0] (user).user", "bad_user"),
    (scopes(dict(kind="user", user="u", path="/x")), "scopes[0] (user).path", "bad_scope"),
    (scopes(dict(kind="file")), "scopes[0] (file).path", "bad_scope"),
    (scopes(dict(kind="file", path="~/.env")), "scopes[0] (file).path", "bad_path"),
    (scopes(dict(kind="file", path="/a/../b")), "scopes[0] (file).path", "bad_path"),
    (scopes(dict(kind="file", path="/a\nb")), "scopes[0] (file).path", "bad_path"),
    (scopes(dict(kind="unit", units=["a.socket"])), "scopes[0] (unit).units", "bad_unit"),
    (scopes(dict(kind="unit", units=["a b"])), "scopes[0] (unit).units", "bad_unit"),
    (scopes(dict(kind="unit", units=["../a"])), "scopes[0] (unit).units", "bad_unit"),
    (scopes(dict(kind="login"), dict(kind="login")), "scopes[1] (login)", "doubled"),
    (scopes(dict(kind="unit", units=["a"]), dict(kind="unit", units=["a.service"])), "scopes[1] (unit)", "doubled"),
)


@pytest.mark.parametrize("params, option, reason", BAD)
def test_bad(params: Dict[str, Any], option: str, reason: str) -> None:
    """The option is named."""
    with pytest.raises(SlipwayError) as caught:
        parse(params)
    assert (caught.value.option, caught.value.reason) == (option, reason)
    assert caught.value.message.startswith(option + ": ")
