#!/bin/sh
# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# listing.sh FOLDER: all that is in it, with type, mode, owners, target and digest. Not Ansible's own folder.
find "$1" -name .ansible -prune -o -printf '%p %y %m %U %G %l\n' 2>/dev/null | sort
find "$1" -name .ansible -prune -o -type f -exec sha256sum {} + 2>/dev/null | sort -k 2
