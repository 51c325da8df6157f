# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from ansible_collections.slipway.runtimes.plugins.module_utils.rootless_user.subject import RootlessUser
from ansible_collections.slipway.runtimes.plugins.plugin_utils.quick import QuickAction


class ActionModule(QuickAction):
    """The quick way of rootless_user."""

    subject = RootlessUser()
