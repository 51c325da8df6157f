#!/bin/sh
# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# prepare.sh IMAGE RELEASE FOLDER...: on a disposable host, puts Podman there and every other program of its kind out of sight, and
# notes what is in the folders. The engine is that in /srv/dagger/engine.tar, or a stand-in.
set -eu
here=/srv/dagger
cd "$here"
image=$1 release=$2
shift 2
apt-get -q install --yes podman >/dev/null
# The image of the host has no nft.
mkdir -p /etc/containers/containers.conf.d
printf '[network]\nfirewall_driver = "iptables"\n' >/etc/containers/containers.conf.d/tests.conf
for one in docker iechor; do
    path=$(command -v "$one")
    mv "$path" "$here/$one"
    echo "$here/$one $path"
done >hidden
if [ -e engine.tar ]; then
    podman load --quiet --input engine.tar >/dev/null
else
    sh engine_image.sh podman engine_stand_in.py "$image:v$release"
fi
install -m 755 dagger /usr/local/bin/dagger
mkdir -p before
for folder in "$@"; do
    sh listing.sh "$folder" >"before/$(echo "$folder" | tr / _)"
done
