# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.engines.docker.rules import (
    Problem,
    after_reload,
    check,
    check_content,
    coerce_options,
    flag_conflicts,
    flag_runtimes,
    parse_flags,
    stock_runtimes,
)

RUNSC, RUNC = "io.containerd.runsc.v1", "io.containerd.runc.v2"
SECRET = "s3cret"


def codes(problems):
    return [(problem.option, problem.reason) for problem in problems]


def entry(value, version=(26, 1)):
    return codes(check({"runtimes": {"x": value}}, version=version, flags={}))


GOOD = [
    {"path": "/y"},
    {"path": "youki"},
    {"path": "/opt/my runtimes/youki"},
    {"path": "/y", "runtimeArgs": [], "options": {}, "runtimeType": ""},
    {"path": "/y", "runtimeArgs": None, "options": None, "runtimeType": None},
    {"path": "/y", "runtimeArgs": ["--platform=systrap", "--a,b", "a:b", "@x", "50%", "é"]},
    {"PATH": "/y", "bogus": 1},
    {"PATH": "/y", "path": None},
    {"path": "/x", "Path": "/y"},
    {"runtimetype": RUNSC, "OPTIONS": {"TypeUrl": "io.containerd.runsc.v1.options", "ConfigPath": "/etc/r.toml"}},
    {"runtimeType": "/path/to/my/shim", "options": {"ConfigPath": "/c"}},
    {"runtimeType": "a.b"},
    {"runtimeType": RUNC, "options": {"BinaryName": "/c", "SystemdCgroup": True, "NoPivotRoot": False, "Root": "/r"}},
]


@pytest.mark.parametrize("value", GOOD)
@pytest.mark.parametrize("version", [(24, 0), (26, 1), (29, 0), None])
def test_good_entries(value, version):
    assert entry(value, version) == []


@pytest.mark.parametrize("value, option, reason", [
    ({}, "", "path_or_type_missing"),
    (None, "", "path_or_type_missing"),
    ({"path": ""}, "", "path_or_type_missing"),
    ({"runtimeArgs": ["a"]}, "", "path_or_type_missing"),
    ({"path": "/y", "runtimeType": RUNC}, "", "path_and_type"),
    ({"path": "/y", "runtimeType": RUNC, "runtimeArgs": ["a"], "options": {"a": 1}}, "", "path_and_type"),
    ({"path": "/y", "options": {"Root": "/"}}, ".options", "options_with_path"),
    ({"runtimeType": RUNC, "runtimeArgs": ["a"]}, ".runtimeArgs", "args_with_type"),
    ([], "", "wrong_type"),
    ("/y", "", "wrong_type"),
    ({"path": 5}, ".path", "wrong_type"),
    ({"path": "/y", "PATH": 5}, ".path", "wrong_type"),
    ({"path": 5, "PATH": "/y"}, ".path", "wrong_type"),
    ({"path": "/y", "runtimeArgs": "a"}, ".runtimeArgs", "wrong_type"),
    ({"path": "/y", "runtimeArgs": ["a", 1]}, ".runtimeArgs", "wrong_type"),
    ({"runtimeType": ["a"]}, ".runtimeType", "wrong_type"),
    ({"runtimeType": RUNC, "options": []}, ".options", "wrong_type"),
    ({"path": " /y"}, ".path", "path_whitespace"),
    ({"path": "/y\n"}, ".path", "path_whitespace"),
    ({"path": "./y"}, ".path", "path_relative"),
    ({"path": "bin/y"}, ".path", "path_relative"),
    ({"path": "/my y", "runtimeArgs": ["--a"]}, ".path", "unquotable"),
    ({"path": "A=b", "runtimeArgs": ["--a"]}, ".path", "unquotable"),
    ({"path": "/y", "runtimeArgs": ["--a", ""]}, ".runtimeArgs[1]", "unquotable"),
    ({"runtimeType": "foo/bar"}, ".runtimeType", "shim_name"),
    ({"runtimeType": "kata"}, ".runtimeType", "shim_name"),
    ({"runtimeType": ".a.b"}, ".runtimeType", "shim_name"),
    ({"runtimeType": "./shim.v1"}, ".runtimeType", "shim_name"),
    ({"runtimeType": RUNSC, "options": {"config_path": "/c"}}, ".options.config_path", "option_unknown"),
    ({"runtimeType": RUNSC, "options": {"BinaryName": "/c"}}, ".options.BinaryName", "option_unknown"),
    ({"runtimeType": RUNC, "options": {"ConfigPath": "/c"}}, ".options.ConfigPath", "option_unknown"),
    ({"runtimeType": RUNC, "options": {"binaryName": "/c"}}, ".options.binaryName", "option_unknown"),
    ({"runtimeType": "/bin/" + RUNC, "options": {"Root": "/c"}}, ".options.Root", "option_unknown"),
    ({"runtimeType": RUNC, "options": {"IoUid": 42}}, ".options.IoUid", "option_number"),
    ({"runtimeType": RUNC, "options": {"IoGid": "42"}}, ".options.IoGid", "option_number"),
    ({"runtimeType": RUNC, "options": {"TaskApiVersion": 3}}, ".options.TaskApiVersion", "option_number"),
    ({"runtimeType": RUNC, "options": {"SystemdCgroup": "true"}}, ".options.SystemdCgroup", "option_type"),
    ({"runtimeType": RUNC, "options": {"SystemdCgroup": 1}}, ".options.SystemdCgroup", "option_type"),
    ({"runtimeType": RUNC, "options": {"BinaryName": None}}, ".options.BinaryName", "option_type"),
    ({"runtimeType": RUNSC, "options": {"TypeUrl": True}}, ".options.TypeUrl", "option_type"),
    ({"runtimeType": RUNSC, "options": {"ConfigBody": "x"}}, ".options.ConfigBody", "option_bytes"),
])
def test_bad_entries(value, option, reason):
    assert entry(value) == [("runtimes[x]" + option, reason)]


@pytest.mark.parametrize("word", ["a b", "a;b", "$HOME", "`id`", "a|b", "a&", "a>b", "'a", '"a"', "*", "a?", "~", "#a",
                                  "(a)", "{a,b}", "a\\b", "a\nb", "a\tb", "!", "\xa0", ""])
def test_what_a_shell_would_read_is_refused(word):
    assert entry({"path": "/y", "runtimeArgs": [word]}) == [("runtimes[x].runtimeArgs[0]", "unquotable")]


@pytest.mark.parametrize("value, version, expected", [
    ({"runtimeType": RUNC}, (23, 0), [("runtimes[x].runtimeType", "engine_too_old")]),
    ({"runtimeType": RUNC, "options": {"Root": "/"}}, (20, 10),
     [("runtimes[x].runtimeType", "engine_too_old"), ("runtimes[x].options", "engine_too_old")]),
    ({"path": "/y", "options": {"Root": "/"}}, (20, 10), [("runtimes[x].options", "engine_too_old")]),
    ({"path": "/y", "options": {}}, (20, 10), []),
    ({"path": "/y"}, (20, 10), []),
    ({}, (20, 10), [("runtimes[x]", "path_or_type_missing")]),
])
def test_entries_by_version(value, version, expected):
    assert entry(value, version) == expected


@pytest.mark.parametrize("name, value, version, expected", [
    ("runc", {"path": "/y"}, (26, 1), ["name_reserved"]),
    ("runc", {"path": "/y"}, (20, 10), ["name_reserved"]),
    ("Runc", {"path": "/y"}, (26, 1), []),
    (RUNC, {"path": "/y"}, (26, 1), []),
    (RUNC, {"path": "/y"}, (24, 0), ["name_stock"]),
    ("my/custom.runtime.v1", {"path": "/y"}, (26, 1), []),
    ("a/b", {"path": "/y", "runtimeArgs": ["--a"]}, (26, 1), ["name_with_args"]),
    ("a/b", {"path": "/y", "runtimeArgs": ["--a"]}, (20, 10), ["name_with_args"]),
    ("", {"path": "/y"}, (26, 1), ["name_whitespace"]),
    (" x", {"path": "/y"}, (26, 1), ["name_whitespace"]),
])
def test_names(name, value, version, expected):
    found = check({"runtimes": {name: value}}, version=version, flags={})
    assert codes(found) == [(f"runtimes[{name}]", reason) for reason in expected]


@pytest.mark.parametrize("data, version, expected", [
    ({}, (26, 1), []),
    ({"unknown-option": True, "x": {"debug": True}}, None, []),
    ({"runtimes": None, "default-runtime": None, "features": None}, None, []),
    ({"runtimes": []}, (26, 1), [("runtimes", "wrong_type")]),
    ({"runtimes": None}, (24, 0), [("runtimes", "runtimes_null")]),
    ({"Runtimes": {"youki": {"path": "/y"}}}, (26, 1), [("Runtimes", "key_case")]),
    ({"Default-Runtime": "x"}, (26, 1), [("Default-Runtime", "key_case")]),
    ({"features": []}, (26, 1), [("features", "wrong_type")]),
    ({"features": {"containerd-snapshotter": "yes"}}, (26, 1), [("features[containerd-snapshotter]", "wrong_type")]),
    ({"features": {"containerd-snapshotter": True, "a": None}}, (26, 1), []),
    ({"features": {"containerd-snapshotter": True}}, (23, 0), [("features[containerd-snapshotter]", "engine_too_old")]),
    ({"features": {"containerd-snapshotter": False, "buildkit": True}}, (20, 10), []),
    ({"default-runtime": ["x"]}, (26, 1), [("default-runtime", "wrong_type")]),
])
def test_top_level(data, version, expected):
    assert codes(check(data, version=version, flags={})) == expected


X = {"x": {"path": "/x"}}
BY_FLAG = {"add-runtime": ["X=/x"]}


@pytest.mark.parametrize("data, flags, version, expected", [
    ({"default-runtime": ""}, {}, (26, 1), []),
    ({"default-runtime": "runc"}, {}, (26, 1), []),
    ({"default-runtime": RUNC}, {}, (20, 10), []),
    ({"default-runtime": RUNC, "runtimes": {}}, {}, (20, 10), ["default_ends_engine"]),
    ({"runtimes": X}, {"default-runtime": [RUNC]}, (20, 10), ["default_ends_engine"]),
    ({"default-runtime": RUNC, "runtimes": {}}, {}, (23, 0), []),
    ({"default-runtime": RUNC, "runtimes": {}}, {}, (26, 1), []),
    ({"default-runtime": "io.containerd.runtime.v1.linux"}, {}, (20, 10), []),
    ({"default-runtime": "x", "runtimes": X}, {}, (26, 1), []),
    ({"default-runtime": "x", "runtimes": {}}, {}, (26, 1), ["default_missing"]),
    ({"default-runtime": "notdefined"}, {}, (26, 1), ["default_missing"]),
    ({"default-runtime": "/usr/bin/x"}, {}, (26, 1), ["default_missing"]),
    ({"default-runtime": ".a.b"}, {}, (26, 1), ["default_missing"]),
    ({"default-runtime": "io.containerd.kata.v2"}, {}, (26, 1), []),
    ({"default-runtime": "io.containerd.kata.v2"}, {}, (23, 0), []),
    ({"default-runtime": "io.containerd.kata.v2"}, {}, (20, 10), ["engine_too_old"]),
    ({"default-runtime": "x"}, BY_FLAG, (26, 1), []),
    ({"default-runtime": "X"}, BY_FLAG, (26, 1), ["default_missing"]),
    ({"default-runtime": "x", "runtimes": {}}, BY_FLAG, (26, 1), ["default_only_by_flag"]),
    ({"default-runtime": "x"}, BY_FLAG, (24, 0), ["default_only_by_flag"]),
    ({"runtimes": {}}, dict(BY_FLAG, **{"default-runtime": ["x"]}), (26, 1), ["default_only_by_flag"]),
    ({}, dict(BY_FLAG, **{"default-runtime": ["x"]}), (20, 10), []),
    ({"runtimes": X}, dict(BY_FLAG, **{"default-runtime": ["x"]}), (26, 1), []),
    ({"runtimes": X}, {"default-runtime": ["y"]}, (26, 1), ["default_missing"]),
    ({"default-runtime": "x", "runtimes": X}, {"default-runtime": ["x"]}, (26, 1), ["flag_and_file"]),
])
def test_default(data, flags, version, expected):
    assert codes(check(data, version=version, flags=flags)) == [("default-runtime", reason) for reason in expected]


@pytest.mark.parametrize("before, data, expected", [
    ({"runtimes": X, "default-runtime": "x"}, {}, {"runtimes": X, "default-runtime": "x", "features": {}}),
    ({"runtimes": X, "default-runtime": "x"}, {"runtimes": {}},
     {"runtimes": {}, "default-runtime": "x", "features": {}}),
    ({"runtimes": X, "default-runtime": "x"}, {"runtimes": {}, "default-runtime": "runc"},
     {"runtimes": {}, "default-runtime": "runc", "features": {}}),
    ({"default-runtime": "x"}, {"default-runtime": ""}, {"runtimes": {}, "default-runtime": "x", "features": {}}),
    ({"features": {"a": True}}, {}, {"runtimes": {}, "default-runtime": "runc", "features": {}}),
    ({}, {"features": {"a": True}, "debug": True},
     {"runtimes": {}, "default-runtime": "runc", "features": {"a": True}}),
])
def test_after_reload(before, data, expected):
    assert after_reload(before, data) == expected


def test_a_reload_that_deletes_a_runtime_and_its_default():
    outcome = after_reload({"runtimes": X, "default-runtime": "x"}, {"runtimes": {}})
    assert codes(check(outcome, version=(26, 1), flags={})) == [("default-runtime", "default_missing")]


def test_what_others_wrote_and_the_engine_loads_is_no_problem():
    data = {
        "runtimes": {
            "theirs": {"path": "./relative"},
            "broken": {},
            "ours": {"path": "./relative"},
        },
        "features": {"x": 1},
    }
    found = check(data, version=(26, 1), flags={}, owned=["runtimes[ours]"])
    assert codes(found) == [
        ("runtimes[broken]", "path_or_type_missing"), ("runtimes[ours].path", "path_relative"),
        ("features[x]", "wrong_type")]


@pytest.mark.parametrize("content, version, expected", [
    (b"", (20, 10), ["engine_too_old"]),
    (b" \n", (20, 10), ["engine_too_old"]),
    (b"", (23, 0), []),
    (b"{}", (20, 10), []),
    (b"null", (20, 10), []),
    (b"\xef\xbb\xbf{}", (20, 10), ["engine_too_old"]),
    (b"\xff\xfe{\x00}\x00", (20, 10), ["engine_too_old"]),
    (b"\xff\xfe{\x00}\x00", (26, 1), []),
    ("{}".encode("utf-32"), (26, 1), ["encoding"]),
])
def test_check_content(content, version, expected):
    assert [problem.reason for problem in check_content(content, version=version)] == expected


@pytest.mark.parametrize("argv, flags", [
    ([], {}),
    (["/usr/sbin/dockerd"], {}),
    (["/usr/sbin/dockerd", "-H", "fd://", "--containerd=/run/containerd/containerd.sock"],
     {"host": ["fd://"], "containerd": ["/run/containerd/containerd.sock"]}),
    (["dockerd", "-Hfd://", "-H=tcp://h", "--host", "unix:///x", "--host=fd://"],
     {"host": ["fd://", "tcp://h", "unix:///x", "fd://"]}),
    (["--live-restore", "--validate", "--iptables=false", "--default-runtime", "x"],
     {"live-restore": [], "validate": [], "iptables": ["false"], "default-runtime": ["x"]}),
    (["-D", "-l", "debug", "-Gx", "-v"], {"debug": [], "log-level": ["debug"], "group": ["x"], "version": []}),
    (["-Dl", "debug", "-Dlwarn", "-D=false"], {"debug": ["false"], "log-level": ["debug", "warn"]}),
    (["--add-runtime", "a=/a", "--add-runtime=b=/b", "--feature", "c=true", "--label", "d=e f"],
     {"add-runtime": ["a=/a", "b=/b"], "feature": ["c=true"], "label": ["d=e f"]}),
    (["--some-new-switch", "--default-runtime=x"], {"some-new-switch": [], "default-runtime": ["x"]}),
    (["--some-new-option", "value", "--", "-D"], {"some-new-option": ["value"]}),
    (["--data-root"], {"data-root": []}),
])
def test_parse_flags(argv, flags):
    assert parse_flags(argv) == flags


@pytest.mark.parametrize("flags, data, conflicts", [
    ({"default-runtime": ["x"]}, {"default-runtime": "x"}, ["default-runtime"]),
    ({"feature": ["a"]}, {"features": {}}, ["features"]),
    ({"add-runtime": ["x=/x"]}, {"runtimes": {"x": {"path": "/y"}}}, []),
    ({"host": ["fd://"]}, {"hosts": ["fd://"]}, ["hosts"]),
    ({"label": ["a=b"], "storage-opt": ["a"], "log-opt": ["a"]}, {"labels": [], "storage-opts": [], "log-opts": {}},
     ["labels", "log-opts", "storage-opts"]),
    ({"insecure-registry": ["a"], "registry-mirror": ["b"]}, {"insecure-registries": [], "registry-mirrors": []},
     ["insecure-registries", "registry-mirrors"]),
    ({"dns": ["a"], "dns-opt": ["a"], "dns-search": ["a"]}, {"dns": [], "dns-opts": [], "dns-search": []},
     ["dns", "dns-opts", "dns-search"]),
    ({"debug": []}, {"debug": False}, ["debug"]),
    ({"debug": []}, {"x": {"debug": True}}, ["debug"]),
    ({"http-proxy": ["u:" + SECRET]}, {"proxies": {"http-proxy": SECRET}}, ["http-proxy"]),
    ({"debug": []}, {"features": {"debug": True}, "log-opts": {"debug": "x"}}, []),
    ({"host-gateway-ip": ["a"]}, {"host-gateway-ip": "a"}, ["host-gateway-ip"]),
    ({"host-gateway-ip": ["a"]}, {"host-gateway-ips": []}, ["host-gateway-ips"]),
    ({"default-address-pool": ["a"], "default-ulimit": ["a"]}, {"default-address-pools": [], "default-ulimits": {}},
     ["default-address-pools", "default-ulimits"]),
    ({"config-file": ["/x"], "validate": []}, {"debug": True}, []),
])
def test_flag_conflicts(flags, data, conflicts):
    found = flag_conflicts(data, flags)
    assert codes(found) == [(key, "flag_and_file") for key in conflicts]
    assert not any(SECRET in problem.message for problem in found)


def test_flag_runtimes():
    flags = parse_flags(["--add-runtime", "Foo=/x", "--add-runtime=b= /a=b "])
    assert flag_runtimes(flags) == {"foo": "/x", "b": "/a=b"}


@pytest.mark.parametrize("shim, options, expected", [
    (RUNC, {"SystemdCgroup": "true", "NoPivotRoot": "no", "BinaryName": "yes", "NoNewKeyring": True},
     {"SystemdCgroup": True, "NoPivotRoot": False, "BinaryName": "yes", "NoNewKeyring": True}),
    (RUNC, {"SystemdCgroup": "True", "NoPivotRoot": "maybe", "IoUid": "1"},
     {"SystemdCgroup": True, "NoPivotRoot": "maybe", "IoUid": "1"}),
    (RUNSC, {"TypeUrl": "true", "SystemdCgroup": "true"}, {"TypeUrl": "true", "SystemdCgroup": "true"}),
    ("/path/to/" + RUNC, {"SystemdCgroup": "true"}, {"SystemdCgroup": "true"}),
])
def test_coerce_options(shim, options, expected):
    before = dict(options)
    assert coerce_options(shim, options) == expected
    assert options == before


def test_stock_runtimes():
    assert stock_runtimes((20, 10)) == ("runc", RUNC, "io.containerd.runtime.v1.linux")
    assert stock_runtimes((26, 1)) == stock_runtimes(None) == ("runc", RUNC)


def test_messages_name_the_option_and_no_value():
    bad = {
        "runtimes": {
            "a": {"path": "/y " + SECRET, "runtimeArgs": [SECRET + ";"]},
            "b": {"runtimeType": RUNC, "options": {"Root": [SECRET], "token": SECRET, "IoUid": SECRET}},
            "c": {"path": [SECRET]},
            "d": {"runtimeType": "x/" + SECRET},
        },
        "features": {"f": SECRET},
        "default-runtime": [SECRET],
        "Runtimes": SECRET,
        "http-proxy": SECRET,
    }
    found = check(bad, version=(26, 1), flags={"http-proxy": [SECRET]})
    assert len(found) == 11
    for problem in found:
        assert isinstance(problem, Problem)
        assert problem.message.startswith(problem.option + ": ")
        assert SECRET not in problem.message
