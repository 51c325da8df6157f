# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A foreign value of daemon.json is in no diff, result, error or log, however much is logged."""

import json
from typing import Any, Dict, List, Optional

import pytest

from hosts_under_test import CRUN, ENGINES, SLIP, Host, Player, execs, task

CONFIG = ENGINES["docker"]["config"]
PASSWORD = "hunter2/hunter3"
TOKEN = "tok-5f2c81e0"
PROXY = "http://someone:%s@proxy.example:3128" % PASSWORD.replace("/", "%2F")
SECRETS = (PASSWORD, PASSWORD.replace("/", "%2F"), TOKEN, "hunter2")
FOREIGN: Dict[str, Any] = {
    "proxies": {"http-proxy": PROXY}, "labels": ["token=" + TOKEN],
    "runtimes": {"theirs": {"path": "/usr/bin/crun", "runtimeArgs": ["--token=" + TOKEN]}},
}
ABSENT = dict(CRUN, state="absent")


def config(**more: Any) -> bytes:
    """A daemon.json with secrets, and more."""
    return json.dumps(dict(FOREIGN, **more), indent=2).encode() + b"\n"


def assert_silent(*texts: str) -> None:
    """No secret is in any of them."""
    for text in texts:
        for secret in SECRETS:
            at = text.find(secret)
            assert at < 0, text[max(0, at - 400):at + 200]


def both(name: str, **params: Any) -> List[Dict[str, Any]]:
    """A task by the quick way where it can, and by the module; neither stops the play."""
    return [task(name, _ignore_errors=True, **params),
            task(name + ", shipped", _ignore_errors=True, _vars={"slipway_quick": False}, **params)]


def by_module(name: str, **params: Any) -> List[Dict[str, Any]]:
    """A task that the quick way hands to the module, so that both have their say."""
    return [task(name, _ignore_errors=True, **params)]


def put(content: bytes) -> Dict[str, Any]:
    """A task that writes the file without a word of it in the log."""
    return {"name": "put", "ansible.builtin.raw": "printf %%s %s | xxd -r -p >%s 2>/dev/null || python3 -c \"import binascii, sys; "
            "sys.stdout.buffer.write(binascii.unhexlify('%s'))\" >%s" % (content.hex(), CONFIG, content.hex(), CONFIG)}


@pytest.fixture(scope="module")
def secretive(host: Host) -> Host:
    """Docker live on a file with secrets."""
    host.reset(config())
    return host


def test_plays(secretive: Host, player: Player) -> None:
    """Nothing, changes, removals, refusals and broken files at -vvvv with diffs."""
    theirs = {"name": "theirs", "path": "/usr/bin/crun"}
    tasks = both("nothing", runtimes=[ABSENT])
    tasks += both("forecast", runtimes=[CRUN, SLIP], default_runtime="slip", _check_mode=True)
    tasks += both("forecast of exclusive", runtimes=[CRUN], exclusive=True, _check_mode=True)
    tasks += by_module("add", runtimes=[CRUN, SLIP], default_runtime="slip", backup=True)
    tasks += by_module("remove", runtimes=[ABSENT, dict(SLIP, state="absent")], default_runtime="runc")
    tasks += [put(config(**{"no-such-key": PROXY}))] + by_module("unknown key", runtimes=[CRUN])
    tasks += [put(config(**{"log-level": TOKEN}))] + by_module("quoting validator", runtimes=[CRUN])
    tasks += [put(config(dns=[PASSWORD]))] + by_module("another quoting validator", runtimes=[CRUN])
    tasks += [put(config(**{"registry-mirrors": [PROXY + "/x?" + TOKEN]}))] + by_module("a mirror", runtimes=[CRUN])
    tasks += [put(config(proxies=PROXY))] + by_module("wrong type", runtimes=[CRUN])
    tasks += [put(config(hosts=["tcp://" + TOKEN]))] + by_module("flag and file", runtimes=[CRUN])
    tasks += [put(config()[:-4])] + by_module("broken", runtimes=[CRUN])
    tasks += [put(b'{"x": "%s" "y"}' % PROXY.encode())] + by_module("broken after it", runtimes=[CRUN])
    tasks += [put(b'{"x": "%s' % PROXY.encode())] + by_module("broken in it", runtimes=[CRUN])
    tasks += [put(b'{"x": %s}' % TOKEN.encode())] + by_module("broken by it", runtimes=[CRUN])
    tasks += [put(config(runtimes=TOKEN))] + by_module("no object", runtimes=[CRUN])
    tasks += [put(config(runtimes={"theirs": {"path": "/usr/bin/crun", "runtimeType": TOKEN}}))] + by_module("their entry", runtimes=[CRUN])
    tasks += [put(config())] + by_module("exclusive", runtimes=[CRUN], exclusive=True)
    tasks += by_module("exclusive again", runtimes=[], exclusive=True)
    tasks += [put(config())] + both("theirs is ours now", runtimes=[theirs], _check_mode=True, _no_log=True)
    played = player.run(tasks, host=secretive.name, diff=True, verbosity=4)
    assert played.code == 0, played.text
    assert execs(played, "unknown key") > 1 and execs(played, "broken") > 1, "the probe's and the module's"
    # What these two were about did happen.
    for name in ("quoting validator", "another quoting validator"):
        assert played.of(name)["reason"] == "engine_refuses" and "***" in played.of(name)["msg"], played.of(name)
    assert played.of("broken in it")["reason"] == "broken_config"
    assert played.of("add")["changed"] and played.of("exclusive")["changed"] and not played.of("nothing")["changed"]
    assert_silent(played.text, json.dumps(played.results))


@pytest.mark.parametrize("more, hooks", [
    ({"skip": ["rules", "validator"], "runtimes": [{"name": "runc", "path": "/usr/bin/crun"}]}, None),
    ({"skip": ["rules", "validator"], "runtimes": [{"name": "runc", "path": "/usr/bin/crun"}], "restart": "if_needed",
      "features": {"slipway-test": True}}, None),
    ({"runtimes": [CRUN]}, {"apply:after": "echo '{}' >%s; exit 99" % CONFIG}),
    ({"runtimes": [CRUN]}, {"observe:after": "exit 99"}),
])
def test_ways_back(secretive: Host, more: Dict[str, Any], hooks: Optional[Dict[str, str]]) -> None:
    """Refused at the reload or the restart, and faults in the middle."""
    secretive.write(CONFIG, config())
    secretive.drive()
    done = secretive.drive(hooks=hooks, **more)
    assert done.error is not None, done.text
    second = secretive.drive()
    assert second.error is None, second.text
    assert_silent(done.text, second.text)
    secretive.write(CONFIG, config())


def test_refused_value_at_the_reload(secretive: Host) -> None:
    """The engine's own words quote what it refuses; we do not."""
    secretive.write(CONFIG, config(**{"log-level": TOKEN}))
    done = secretive.drive(runtimes=[CRUN], skip=["validator"], wait_timeout=10)
    assert done.error is not None, done.text
    assert_silent(done.text)
    secretive.write(CONFIG, config())


def test_notes_are_for_root_alone(secretive: Host) -> None:
    """Journal and note hold the whole file, and nobody else may read them."""
    secretive.write(CONFIG, config())
    secretive.drive()
    assert secretive.drive(runtimes=[CRUN], hooks={"apply:before": 'kill -s KILL "$DRIVER"'}).killed
    assert secretive.sh("stat -c %a /var/lib/slipway-runtimes/docker.journal") == "600"
    assert secretive.drive(runtimes=[CRUN]).changed
    assert secretive.sh("stat -c %a /var/lib/slipway-runtimes/docker.json") == "600"
    assert_silent(secretive.sh("cat /run/slipway-runtimes/*"))
    assert secretive.drive(runtimes=[ABSENT]).changed
