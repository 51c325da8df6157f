# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from ansible_collections.slipway.runtimes.plugins.module_utils.binaries.subject import RuntimeBinary
from ansible_collections.slipway.runtimes.plugins.plugin_utils.bringing import BringingAction


class ActionModule(BringingAction):
    """The quick way of runtime_binary, and the sources that the controller brings."""

    subject = RuntimeBinary()
