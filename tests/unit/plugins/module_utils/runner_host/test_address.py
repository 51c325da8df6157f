# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses: what Dagger's real CLI takes and refuses, by release, and what to write instead."""

from typing import Any, Dict, Optional, Tuple

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError
from ansible_collections.slipway.runtimes.plugins.module_utils.runner_host.address import (
    FORMS, SCHEMES, fit, from_parts, parse, parse_version, shown)

OLD, NEW, NEWEST = (0, 18, 14), (0, 18, 15), (0, 20, 1)
LONG = "/" + "a" * 106


# url, what it becomes
TAKEN = (
    ("container+podman://eng", "container+podman://eng"),
    ("DOCKER-CONTAINER://E", "docker-container://E"),
    ("docker-container://eng-1.x_y", "docker-container://eng-1.x_y"),
    ("image://localhost:5000/engine:dev", "image://localhost:5000/engine:dev"),
    ("image://engine", "image://engine"),
    ("image://registry/a/b@sha256:" + "a" * 64, "image://registry/a/b@sha256:" + "a" * 64),
    ("image://registry/e:v1?cleanup=false&port=1234&container=e&volume=v&cpus=2&memory=1g&env=A&env=B", None),
    ("unix:///run/dagger/engine.sock", None),
    ("unix:///run/a$b'c(d)!e&f;g,h=i+j@k:l*m~[n].sock", None),
    ("unix://" + LONG, None),
    ("tcp://127.0.0.1:8080", None),
    ("tcp://[::1]:8080", None),
    ("tcp://[fe80::1%25eth0]:8080", None),
    ("TCP://h.example:1", "tcp://h.example:1"),
    ("tls://h", None),
    ("tls://h:8443?ca_path=/a&cert_path=/b&key_path=/c", None),
    ("ssh://h", None),
    ("ssh://builder@h:2222/run/buildkit.sock", None),
    ("kube-pod://engine-0", None),
    ("kube-pod://p?context=arn:aws:eks:r:1:cluster/c&namespace=n&container=c", None),
    ("kube-pod://p?context=my%20context", None),
    ("dagger-cloud://default-engine-config.dagger.cloud", None),
)

# url, reason, what the message says
REFUSED = (
    # the vectors that real CLIs were seen to refuse, or to hang with
    ("dagger-engine", "unknown_scheme", "docker-container://dagger-engine"),
    ("localhost:8080", "unknown_scheme", "tcp://localhost:8080"),
    ("127.0.0.1:8080", "unknown_scheme", "tcp://127.0.0.1:8080"),
    ("image://engine:v1", "bad_address", "image://REGISTRY/NAME:TAG"),
    ("container://my box", "bad_address", "' ' is not allowed"),
    ("unix:/run/x.sock", "bad_address", "write 'unix:///run/x.sock'"),
    ("unix://run/x.sock", "bad_address", "write 'unix:///run/x.sock'"),
    ("tcp://h:abc", "bad_address", "'abc' is no port"),
    ("kube-pod://", "bad_address", "lacks a pod's name"),
    ("kube-pod://Pod_1", "bad_address", "'Pod_1' is no name of a pod"),
    ("kube-pod://p?namespace=NS", "bad_address", "'NS' is no name of a namespace"),
    ("ssh://u:p@h", "password_in_url", "use a key"),
    ("tls://h?cert_path=/a", "bad_address", "both cert_path and key_path"),
    ("dagger-cloud", "unknown_scheme", "dagger-cloud://default-engine-config.dagger.cloud"),
    # their neighbours
    ("", "bad_address", "state: absent"),
    ("/run/x.sock", "unknown_scheme", "unix:///run/x.sock"),
    ("[::1]:8080", "unknown_scheme", "tcp://[::1]:8080"),
    ("podman://x", "unknown_scheme", "container+podman"),
    ("container:eng", "bad_address", "container://eng"),
    ("container://", "bad_address", "write 'container://NAME'"),
    ("container://eng:80", "bad_address", "no port"),
    ("container://eng/", "bad_address", "no path"),
    ("container://u@eng", "bad_address", "no user"),
    ("container://-eng", "bad_address", "'-eng' is no container's name"),
    ("container://eng\n", "bad_address", "is not allowed"),
    ("container://eng?x=1", "bad_address", "heeds no 'x'"),
    ("container://eng#x", "bad_address", "no '#'"),
    ("image://engine@sha256:" + "a" * 64, "bad_address", "image://REGISTRY/NAME:TAG"),
    ("image://r/Engine", "bad_address", "is no image"),
    ("image://r/e:v1?tag=x", "bad_address", "heeds no 'tag'"),
    ("image://r/e:v1?port=x", "bad_address", "no port"),
    ("image://r/e:v1?cpus=1&cpus=2", "bad_address", "twice"),
    ("image://", "bad_address", "lacks an image"),
    ("unix://", "bad_address", "lacks the path"),
    ("unix:///", "bad_address", "lacks the path"),
    ("unix:///run/my%20box", "bad_address", "no socket can be reached"),
    ("unix:///run/my box", "bad_address", "is not allowed"),
    ("unix:///run/\u00e9", "bad_address", "is not allowed"),
    ("unix:///run/a?b=c", "bad_address", "heeds no 'b'"),
    ("unix://" + LONG + "a", "bad_address", "at most 107 bytes"),
    ("tcp://h", "bad_address", "tcp://h:PORT"),
    ("tcp://:80", "bad_address", "needs a host"),
    ("tcp://h:0", "bad_address", "no port"),
    ("tcp://h:65536", "bad_address", "no port"),
    ("tcp://h:80/", "bad_address", "no path"),
    ("tcp://::1:80", "bad_address", "brackets"),
    ("tcp://[::1:]:80", "bad_address", "is no host"),
    ("tcp://[a:1]:80", "bad_address", "is no host"),
    ("dagger-cloud://x]", "bad_address", "default-engine-config"),
    ("tcp://u:p@h:80", "password_in_url", "no password"),
    ("tcp://h%41:80", "bad_address", "is no host"),
    ("tls://", "bad_address", "needs a host"),
    ("tls://h?key_path=/a", "bad_address", "both cert_path and key_path"),
    ("tls://h?ca_path=a", "bad_address", "no absolute path"),
    ("ssh://", "bad_address", "needs a host"),
    ("ssh://h?x=1", "bad_address", "heeds no 'x'"),
    ("ssh://-oProxyCommand=x", "bad_address", "is no host"),
    ("kube-pod://p?namespace=a&namespace=b", "bad_address", "twice"),
    ("kube-pod://p?container=a;b=c", "bad_address", "';'"),
    ("kube-pod://p?context=%0a", "bad_address", "control character"),
    ("kube-pod://p?context=%zz", "bad_address", "'%25'"),
    ("kube-pod://p/x", "bad_address", "no path"),
    ("dagger-cloud://", "bad_address", "dagger-cloud://default-engine-config.dagger.cloud"),
)


@pytest.mark.parametrize("url, written", TAKEN)
def test_taken(url: str, written: Optional[str]) -> None:
    """What passes is written as it was given."""
    assert parse(url).url == (written or url)


@pytest.mark.parametrize("url, reason, said", REFUSED)
def test_refused(url: str, reason: str, said: str) -> None:
    """The option, what is wrong, and what would be right."""
    with pytest.raises(SlipwayError) as caught:
        parse(url)
    assert caught.value.reason == reason and caught.value.option == "url"
    assert caught.value.message.startswith("url: ") and said in caught.value.message


# scheme, the first release, the first that does not speak it any more; read in the sources of all releases from 0.9.9 on
LIVES = (
    ("docker-container", None, None), ("docker-image", None, None), ("podman-container", None, (0, 18, 15)),
    ("container", (0, 18, 15), None), ("container+docker", (0, 18, 15), None), ("container+podman", (0, 18, 15), None),
    ("container+nerdctl", (0, 18, 15), None), ("container+finch", (0, 18, 15), None), ("container+apple", (0, 18, 15), None),
    ("image", (0, 18, 15), None), ("image+docker", (0, 18, 15), None), ("image+podman", (0, 18, 15), None),
    ("image+nerdctl", (0, 18, 15), None), ("image+finch", (0, 18, 15), None), ("image+apple", (0, 18, 15), None),
    ("unix", None, None), ("tcp", None, None), ("ssh", None, None), ("kube-pod", None, None), ("tls", (0, 20, 1), None),
    ("dagger-cloud", (0, 18, 9), None),
)


def test_lives() -> None:
    """Every form has its row."""
    assert sorted(SCHEMES) == sorted(one[0] for one in LIVES)


@pytest.mark.parametrize("scheme, since, until", LIVES)
def test_spoken(scheme: str, since: Optional[Tuple[int, int, int]], until: Optional[Tuple[int, int, int]]) -> None:
    """By the release before the change and by that of the change."""
    form = next(one for one in FORMS if one.scheme == scheme)
    assert form.spoken(None)
    assert form.spoken(since or (0, 9, 9)) and form.spoken((1, 0, 0)) == (until is None)
    for change, before in ((since, False), (until, True)):
        if change:
            assert form.spoken((change[0], change[1], change[2] - 1)) == before and form.spoken(change) != before


# url, release, what it is translated to; None for an error without a way out
TRANSLATED = (
    ("podman-container://x", NEW, "container+podman://x"),
    ("container+podman://x", OLD, "podman-container://x"),
    ("container://x", OLD, "docker-container://x"),
    ("container+docker://x", OLD, "docker-container://x"),
    ("image://r/e:v1", OLD, "docker-image://r/e:v1"),
    ("image+docker://r/e:v1?cleanup=false", OLD, "docker-image://r/e:v1?cleanup=false"),
    ("image+podman://r/e:v1", OLD, None),
    ("container+nerdctl://x", OLD, None),
    ("container+apple://x", OLD, None),
    ("tls://h", NEW, None),
    ("dagger-cloud://x", (0, 18, 8), None),
)


@pytest.mark.parametrize("url, version, other", TRANSLATED)
def test_translated(url: str, version: Tuple[int, int, int], other: Optional[str]) -> None:
    """The error names the form to use; with translate it is used."""
    with pytest.raises(SlipwayError) as caught:
        fit(parse(url), version, translate=False)
    assert caught.value.reason == "unsupported_scheme" and ("write '%s'" % other if other else "nothing in its place") in (
        caught.value.message)
    if other is None:
        with pytest.raises(SlipwayError):
            fit(parse(url), version, translate=True)
    else:
        found = fit(parse(url), version, translate=True)
        assert found.address.url == other and found.before == url


@pytest.mark.parametrize("url", ["docker-container://x", "docker-image://r/e:v1", "unix:///s", "kube-pod://p", "ssh://h"])
@pytest.mark.parametrize("version", [OLD, NEW, NEWEST, None])
def test_not_translated(url: str, version: Any) -> None:
    """What every release speaks stays as it is."""
    found = fit(parse(url), version, translate=True)
    assert found.address.url == url and found.before == ""


@pytest.mark.parametrize("url, version, said", [
    ("image://r/e:v1?env=A", (0, 19, 11), "it began with 0.20.0"),
    ("docker-image://r/e:v1?port=1", (0, 18, 12), "it began with 0.18.13"),
    ("docker-image://r/e:v1?cleanup=0", (0, 16, 1), "it began with 0.16.2"),
    ("docker-container://e?context=c", NEW, "leave it out"),
])
def test_query_by_release(url: str, version: Any, said: str) -> None:
    """What a release does not look at is refused."""
    with pytest.raises(SlipwayError) as caught:
        fit(parse(url), version, translate=False)
    assert caught.value.reason == "unsupported_query" and said in caught.value.message


@pytest.mark.parametrize("url, version, said", [
    ("podman-container://x", None, "'cli_version' says it"),
    ("container+podman://x", None, "'cli_version' says it"),
    ("tcp://h:1", NEW, "not encrypted"),
    ("image://r/e:v1", NEW, "removes every other container"),
    ("container://dagger-engine-x", NEW, "takes a container whose name begins"),
    ("image://r/e:v1?cleanup=false", NEW, ""),
    ("docker-container://x", None, ""),
    ("unix:///x", None, ""),
])
def test_warnings(url: str, version: Any, said: str) -> None:
    """What is right and dangerous all the same."""
    found = " ".join(fit(parse(url), version, translate=False).warnings)
    assert said in found and bool(said) == bool(found)


PARTS = (
    (dict(scheme="docker-container", name="eng"), "docker-container://eng"),
    (dict(scheme="Container+Podman", name="eng"), "container+podman://eng"),
    (dict(scheme="docker-container", name="eng", context="my ctx"), "docker-container://eng?context=my%20ctx"),
    (dict(scheme="image", name="r:5000/e:v1", container="c"), "image://r:5000/e:v1?container=c"),
    (dict(scheme="unix", path="/run/x.sock"), "unix:///run/x.sock"),
    (dict(scheme="tcp", host="::1", port="80"), "tcp://[::1]:80"),
    (dict(scheme="tcp", host="fe80::1%eth0", port="80"), "tcp://[fe80::1%25eth0]:80"),
    (dict(scheme="ssh", host="h", user="u", port="22", path="/s"), "ssh://u@h:22/s"),
    (dict(scheme="tls", host="h", cert_path="/a b", key_path="/c&d"), "tls://h?cert_path=/a%20b&key_path=/c%26d"),
    (dict(scheme="kube-pod", name="p", context="a b&c=d?e#f%g\"h\\i$j'k\u00e9", namespace="n"),
     "kube-pod://p?context=a%20b%26c%3Dd%3Fe%23f%25g%22h%5Ci%24j%27k%C3%A9&namespace=n"),
    (dict(scheme="dagger-cloud"), "dagger-cloud://default-engine-config.dagger.cloud"),
)


@pytest.mark.parametrize("parts, url", PARTS)
def test_parts(parts: Dict[str, str], url: str) -> None:
    """Quoted as an address needs it, and read back as it was meant."""
    address = from_parts(parts)
    assert address.url == url and parse(url).query == address.query
    if "context" in parts:
        assert address.value("context") == parts["context"]


@pytest.mark.parametrize("parts, option, said", [
    (dict(scheme="podman", name="x"), "scheme", "known are"),
    (dict(scheme="container"), "name", "needs it"),
    (dict(scheme="tcp", host="h"), "port", "needs it"),
    (dict(scheme="unix", path="run/x"), "path", "no absolute path"),
    (dict(scheme="unix", path="/x", host="h"), "host", "has none"),
    (dict(scheme="container", name="my box"), "url", "' '"),
    (dict(scheme="kube-pod", name="Pod"), "name", "small letters"),
    (dict(scheme="kube-pod", name="p", namespace="NS"), "namespace", "small letters"),
    (dict(scheme="tls", host="h", cert_path="/a"), "key_path", "both"),
    (dict(scheme="tcp", host="h", port="70000"), "port", "no port"),
    (dict(scheme="dagger-cloud", name="x"), "name", "has none"),
])
def test_bad_parts(parts: Dict[str, str], option: str, said: str) -> None:
    """The part is named."""
    with pytest.raises(SlipwayError) as caught:
        from_parts(parts)
    assert caught.value.option == option and said in caught.value.message


@pytest.mark.parametrize("text, version", [
    ("0.18.14", (0, 18, 14)), ("v0.18.14", (0, 18, 14)),
    ("dagger v0.18.19 (image://registry/engine:v0.18.19) linux/amd64", (0, 18, 19)),
    ("dagger v0.13.7 (registry/engine:v0.13.7) linux/amd64", (0, 13, 7)),
    ("dagger v0.9.11 (registry/engine) linux/amd64", (0, 9, 11)),
    ("version:     v1.0.0-beta.10\ncommit:      unknown\ndirty:       no\nplatform:    linux/amd64\nrunner-host: image://x/y:v1", (1, 0, 0)),
    ("version:     \ncommit:      0.18.14", None), ("dagger devel ()", None), ("", None), ("0.18", None), ("latest", None)])
def test_version(text: str, version: Any) -> None:
    """As people write it, and as the CLI prints it."""
    assert parse_version(text) == version


@pytest.mark.parametrize("url", ["ssh://u:sesame@h", "tcp://:sesame@h:1", "ssh://u:ses ame@h", "x://u:sesame@h"])
def test_no_password_is_repeated(url: str) -> None:
    """Not by an error, and not by what shows an address."""
    assert "sesame" not in shown(url) and "ses ame" not in shown(url)
    with pytest.raises(SlipwayError) as caught:
        parse(url)
    assert "sesame" not in caught.value.message and "ses ame" not in caught.value.message
