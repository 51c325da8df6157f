# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a runtime needs of its host."""

from typing import Any, Dict, List

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError
from ansible_collections.slipway.runtimes.plugins.module_utils.host_runtimes.requirements import Facts, check, parse, questions

HOST = Facts(kernel="6.1.0-13-amd64", machine="x86_64", devices=("/dev/kvm",), engine="26.1.5+dfsg1", image_store=False)

# what is needed, what the host has besides, the reason or ''
CASES = (
    ({"device": "/dev/kvm"}, {}, ""),
    ({"device": "/dev/vhost-vsock"}, {}, "device_missing"),
    ({"kernel": "5.3"}, {}, ""), ({"kernel": "6.1"}, {}, ""), ({"kernel": "6.1.1"}, {}, "kernel_too_old"),
    ({"kernel": "6.2"}, {}, "kernel_too_old"), ({"kernel": "6"}, {"kernel": "6.0.0"}, ""),
    ({"kernel": "4.14"}, {"kernel": "4.9.0"}, "kernel_too_old"), ({"kernel": "5.3"}, {"kernel": "10.0"}, ""),
    ({"engine": "26.0"}, {}, ""), ({"engine": "26.1.5"}, {}, ""), ({"engine": "27.0"}, {}, "engine_too_old"),
    ({"engine": "9.0"}, {}, ""),
    ({"engine_below": "26.1.5"}, {}, "engine_too_new"), ({"engine_below": "26.0"}, {}, "engine_too_new"),
    ({"engine_below": "26.1.6"}, {}, ""), ({"engine_below": "29.0"}, {"engine": "29.0.0"}, "engine_too_new"),
    ({"engine_below": "29.0"}, {"engine": "28.5.2"}, ""), ({"engine_below": "29.0"}, {"engine": "29.0.0-rc.1"}, "engine_too_new"),
    # Versions that are no numbers exist, and none may be known.
    ({"engine": "26.0"}, {"engine": "dev"}, ""), ({"engine": "26.0"}, {"engine": ""}, ""),
    ({"engine_below": "26.0"}, {"engine": "dev"}, ""), ({"engine_below": "26.0"}, {"engine": ""}, ""),
    ({"architectures": ["x86_64", "aarch64"]}, {}, ""), ({"architectures": ["aarch64"]}, {}, "unsupported_architecture"),
    ({"architectures": []}, {}, ""),
    ({"image_store": True}, {}, "image_store_off"), ({"image_store": True}, {"image_store": True}, ""),
    ({"image_store": True}, {"image_store": None}, ""),
)


@pytest.mark.parametrize("needed, has, reason", CASES)
def test_check(needed: Dict[str, Any], has: Dict[str, Any], reason: str) -> None:
    requirements = parse([dict(needed, name="kata", option="catalogue[kata]")])
    if not reason:
        return check(requirements, HOST._replace(**has))
    with pytest.raises(SlipwayError) as caught:
        check(requirements, HOST._replace(**has))
    assert caught.value.reason == reason and caught.value.option == "catalogue[kata]"
    assert caught.value.message.startswith("catalogue[kata]: kata ")


def test_all_that_is_not_met_is_told_once() -> None:
    needed = parse([
        {"name": "kata", "device": "/dev/vhost-net"}, {"name": "youki", "kernel": "99", "option": "youki"},
        {"name": "youki", "kernel": "99", "option": "youki"}])
    with pytest.raises(SlipwayError) as caught:
        check(needed, HOST)
    assert caught.value.message.count("/dev/vhost-net") == 1 and caught.value.message.count("Linux 99") == 1
    assert caught.value.option == "requirements[0]"


@pytest.mark.parametrize("value, option, reason", [
    ({"device": "kvm"}, "requirements[0].device", "bad_path"), ({"kernel": "new"}, "requirements[0].kernel", "bad_version"),
    ({"engine": "26.x"}, "requirements[0].engine", "bad_version"),
    ({"engine_below": "new"}, "requirements[0].engine_below", "bad_version"),
])
def test_bad(value: Dict[str, Any], option: str, reason: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        parse([dict(value, name="x")])
    assert (caught.value.option, caught.value.reason) == (option, reason)


@pytest.mark.parametrize("needed, asked", [
    ([], []), ([{"image_store": True}, {"engine": "26"}], []), ([{"kernel": "5"}], ["uname"]),
    ([{"device": "/dev/kvm"}, {"device": "/dev/kvm"}], ["device"]),
    ([{"architectures": ["x86_64"]}, {"kernel": "5"}, {"device": "/a b"}], ["uname", "device"]),
])
def test_only_what_counts_is_asked(needed: List[Dict[str, Any]], asked: List[str]) -> None:
    found = questions(parse([dict(one, name="x") for one in needed]))
    lines = found[0].script.split("\n") if found else []
    assert [word for word in asked if any(" %s " % word in line for line in lines)] == asked and len(lines) == len(asked)
