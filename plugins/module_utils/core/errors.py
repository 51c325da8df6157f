# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The errors that the core raises. Only the adapter turns one into a failed module."""

from typing import Any, Dict


class SlipwayError(Exception):
    """Something that a user has to know, said in full.

    reason: a stable snake_case code that playbooks may test.
    option: the module option that is wrong, or '' where none is.
    facts: further result keys (JSON values), such as failed_stage and rolled_back.
    """

    def __init__(self, reason: str, message: str, *, option: str = "", **facts: Any) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.option = option
        self.facts: Dict[str, Any] = facts

    def result(self) -> Dict[str, Any]:
        """The keys that a failed module returns beside 'msg'."""
        found = dict(self.facts)
        found["reason"] = self.reason
        if self.option:
            found["option"] = self.option
        return found
