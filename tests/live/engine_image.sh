#!/bin/sh
# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# engine_image.sh CLI PROGRAM IMAGE: on a disposable host, makes an image that runs a program of Python (engine_stand_in.py), of the
# host's own Python and what that links to.
set -eu
python=$(readlink -f /usr/bin/python3)
libraries=/usr/lib/python3.${python##*.}
work=$(mktemp -d)
cp "$2" "$work/engine.py"
# shellcheck disable=SC2046 # a path a word
tar -ch --exclude=__pycache__ --exclude='config-3*' --exclude=dist-packages --exclude=pydoc_data --exclude=unittest --exclude=email \
    --exclude=asyncio --exclude=multiprocessing -f "$work/rootfs.tar" "$python" "$libraries" $(ldd "$python" | grep -o '/[^ ]*') \
    -C "$work" engine.py 2>/dev/null
"$1" import --change "ENTRYPOINT [\"$python\", \"/engine.py\"]" "$work/rootfs.tar" "$3" >/dev/null
rm -r "$work"
