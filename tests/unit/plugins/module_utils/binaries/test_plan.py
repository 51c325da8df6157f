# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The receipt, and the planner that compares with it."""

from typing import Any, Dict, Optional

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.binaries.plan import Change, plan, state_of
from ansible_collections.slipway.runtimes.plugins.module_utils.binaries.receipt import (
    Found, Placed, Receipt, Seen, decode, encode)
from ansible_collections.slipway.runtimes.plugins.module_utils.binaries.wanted import Binary, Checksum, File, Wanted
from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError

DEST = "/usr/local/bin/youki"
STAT = "81ed 0 0 100 7 1 2 2026-01-01 00:00:00.5 +0000"
TOUCHED = "81ed 0 0 100 8 1 3 2026-01-01 00:00:01.5 +0000"
LOOSE = "81ff 0 0 100 7 1 3 2026-01-01 00:00:01.5 +0000"
PLACED = Placed(src="youki", dest=DEST, mode="", owner="", group="", kind="file", sha256="f" * 64, stat=STAT)
RECEIPT = Receipt(name="youki", version="1", sha256="a" * 64, sha512="b" * 128, files=(PLACED,), folders=("/usr/local/bin",))
KNOWN = Seen("file", STAT)
BINARY = Binary(
    name="youki", option="binaries[youki]", version="1", url="https://example.com/x", checksum=Checksum("sha256", "a" * 64),
    files=(File("youki", DEST),))
ABSENT = Binary(name="youki", option="binaries[youki]", present=False)
LOCAL = BINARY._replace(url="", src="/x", remote_src=True, checksum=None)


def planned(binary: Binary, receipt: Optional[Receipt], seen: Optional[Dict[str, Seen]] = None, *, force: bool = False,
            **more: Any) -> Any:
    """The plan for one binary."""
    found = Found(receipt=receipt, seen=seen if seen is not None else {DEST: KNOWN}, **more)
    return plan(Wanted((binary,), force=force), {"youki": found})


def action(found: Any) -> str:
    """What is done."""
    return found.result["binaries"][0]["action"]


def test_receipt_there_and_back() -> None:
    """One line, whatever the path is."""
    receipt = RECEIPT._replace(files=(PLACED._replace(dest="/opt/\u00e4\udcff b/[x]"),))
    line = encode(receipt)
    assert line.count("\n") == 1 and decode(line, "youki") == receipt
    assert '"dest": "/opt/\u00e4\udcff b/[x]"' in line and '"stat": "%s"' % STAT in line


@pytest.mark.parametrize("line", ["", "{", "[]", "{}", "null", encode(RECEIPT).replace('"format": 1', '"format": 2'),
                                  encode(RECEIPT).replace('"name": "youki"', '"name": "x"'),
                                  encode(RECEIPT).replace('"kind": "file"', '"kind": "x"')])
def test_broken_receipt(line: str) -> None:
    """It says where it lies."""
    with pytest.raises(SlipwayError) as caught:
        decode(line, "youki")
    assert caught.value.reason == "receipt_broken" and "/binaries/youki.json" in caught.value.message


@pytest.mark.parametrize("seen, state", [
    (KNOWN, "same"), (Seen("missing"), "missing"), (Seen("other", "a1ff 0 0"), "other"), (Seen("tree", "tree x"), "other"),
    (Seen("file", TOUCHED, "f" * 64), "stale"), (Seen("file", LOOSE, "f" * 64), "attributes"),
    (Seen("file", TOUCHED, "e" * 64), "changed"), (Seen("file", STAT, "e" * 64), "changed"), (Seen("file", STAT, "f" * 64), "same")])
def test_state(seen: Seen, state: str) -> None:
    """What became of a file."""
    assert state_of(PLACED, seen) == state


@pytest.mark.parametrize("binary, receipt, seen, done", [
    (BINARY, None, Seen("missing"), "installed"),
    (BINARY, RECEIPT, KNOWN, "unchanged"),
    (BINARY._replace(checksum=Checksum("sha512", "b" * 128)), RECEIPT, KNOWN, "unchanged"),
    (BINARY._replace(version="2"), RECEIPT, KNOWN, "upgraded"),
    (BINARY._replace(checksum=Checksum("sha256", "c" * 64)), RECEIPT, KNOWN, "upgraded"),
    (BINARY._replace(files=(File("youki", DEST, "0700"),)), RECEIPT, KNOWN, "repaired"),
    (BINARY._replace(files=(File("other", DEST),)), RECEIPT, KNOWN, "repaired"),
    (BINARY, RECEIPT, Seen("missing"), "repaired"),
    (BINARY, RECEIPT, Seen("file", TOUCHED, "e" * 64), "repaired"),
    (BINARY, RECEIPT, Seen("file", LOOSE, "f" * 64), "repaired"),
    (BINARY, RECEIPT, Seen("file", TOUCHED, "f" * 64), "unchanged"),
    (BINARY._replace(replace=True), None, Seen("foreign", STAT), "installed"),
    (BINARY._replace(replace=True), RECEIPT, Seen("other", "a1ff 0 0"), "repaired"),
    (ABSENT, None, KNOWN, "unchanged"),
    (ABSENT, RECEIPT, KNOWN, "removed"),
    (ABSENT, RECEIPT, Seen("missing"), "removed"),
    (ABSENT, RECEIPT, Seen("file", LOOSE, "f" * 64), "removed"),
])
def test_actions(binary: Binary, receipt: Optional[Receipt], seen: Seen, done: str) -> None:
    """What is done, and that only nothing is an empty plan."""
    found = planned(binary, receipt, {DEST: seen})
    assert action(found) == done and found.empty == (done == "unchanged")
    assert bool(found.before or found.after) == (done != "unchanged")


@pytest.mark.parametrize("binary, receipt, seen, reason, option", [
    (BINARY, None, Seen("foreign", STAT), "in_the_way", "binaries[youki].files[0].dest"),
    (BINARY, RECEIPT, Seen("other", "a1ff 0 0"), "in_the_way", "binaries[youki].files[0].dest"),
    (BINARY._replace(replace=True), RECEIPT._replace(files=(PLACED._replace(kept="/k"),)), Seen("tree", "tree x"), "in_the_way",
     "binaries[youki].files[0].dest"),
    (ABSENT, RECEIPT, Seen("file", TOUCHED, "e" * 64), "changed_since", "force"),
    (ABSENT, RECEIPT, Seen("other", "a1ff 0 0"), "changed_since", "force"),
])
def test_refusals(binary: Binary, receipt: Optional[Receipt], seen: Seen, reason: str, option: str) -> None:
    """What must not be done."""
    with pytest.raises(SlipwayError) as caught:
        planned(binary, receipt, {DEST: seen})
    assert (caught.value.reason, caught.value.option) == (reason, option) and DEST in caught.value.message


def test_force() -> None:
    """It says what it removes."""
    found = planned(ABSENT, RECEIPT, {DEST: Seen("file", TOUCHED, "e" * 64)}, force=True)
    assert action(found) == "removed" and DEST in found.warnings[0]


def test_what_is_wanted_no_more_goes() -> None:
    """An upgrade with another place."""
    moved = BINARY._replace(version="2", files=(File("youki", "/opt/youki"),))
    found = planned(moved, RECEIPT, {DEST: KNOWN, "/opt/youki": Seen("missing")})
    change: Change = found.steps[0].detail
    assert [one.dest for one in change.goes] == [DEST]


def test_stale_stat_is_for_the_module() -> None:
    """Nothing to do, but the controller does not say so for good."""
    found = planned(BINARY, RECEIPT, {DEST: Seen("file", TOUCHED, "f" * 64)})
    assert found.empty and found.unknown


@pytest.mark.parametrize("stat, digest, receipt_stat, done, unknown", [
    (STAT, "", STAT, "unchanged", False), (TOUCHED, "a" * 64, STAT, "unchanged", True), (TOUCHED, "c" * 64, STAT, "upgraded", False),
    ("", "", STAT, "unchanged", False)])
def test_source_on_the_host(stat: str, digest: str, receipt_stat: str, done: str, unknown: bool) -> None:
    """Known by its stat, or by its digest; gone, it says nothing."""
    receipt = RECEIPT._replace(source_stat=receipt_stat)
    found = planned(LOCAL, receipt, source_stat=stat, source_sha256=digest)
    assert action(found) == done and bool(found.unknown) == unknown


def test_missing_source() -> None:
    """Where there is something to install."""
    with pytest.raises(SlipwayError) as caught:
        planned(LOCAL, None, {DEST: Seen("missing")})
    assert (caught.value.reason, caught.value.option) == ("source_missing", "binaries[youki].src")
