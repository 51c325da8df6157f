# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which release of the engine knows what. Pure."""

import re
from typing import Dict, Optional, Tuple

Version = Tuple[int, int]

# The first release that has it, from the engine's own sources of each release.
SINCE: Dict[str, Version] = {
    "empty_file": (23, 0),  # a configuration file with nothing in it; before, the engine ends with EOF
    "byte_order_mark": (23, 0),  # UTF-8 and UTF-16 with a mark in the configuration file
    "validate": (23, 0),  # dockerd --validate
    "shim_names": (23, 0),  # an unregistered shim by its full name, for --runtime and default-runtime
    "runtime_type": (24, 0),  # runtimeType and options in a runtime's entry; before, they are ignored
    "image_store": (24, 0),  # features.containerd-snapshotter
    "transactional_reload": (25, 0),  # a refused reload changes nothing; before, the default is not checked again
    "status": (25, 0),  # a runtime's own features, as /info reports them
    "image_store_by_default": (29, 0),
}

_VERSION = re.compile(r"v?([0-9]+)\.([0-9]+)(?![0-9])")


def parse_version(text: str) -> Optional[Version]:
    """The major and minor number of an engine's version: '26.1.5+dfsg1' is (26, 1).

    None for a version that is no number: an engine built without one calls itself 'library-import' or 'dev'.
    """
    match = _VERSION.match(text.strip())
    return (int(match.group(1)), int(match.group(2))) if match else None


def knows(version: Optional[Version], feature: str) -> bool:
    """Whether an engine of this version has `feature`, a key of SINCE (KeyError otherwise).

    A version of None is taken for the newest: engines whose version is no number are built from current sources,
    and what they do not know their own validator still refuses.
    """
    return version is None or version >= SINCE[feature]
