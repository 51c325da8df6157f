#!/bin/sh
# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# stand_ins.sh NAME...: what a reader of the documentation has on a host, on a disposable one. What cannot be had there takes a stand-in.
set -eu
here=$(dirname "$0")

for name; do
    case $name in
        user=*) id "${name#*=}" >/dev/null 2>&1 || useradd --create-home "${name#*=}" ;;
        podman) command -v podman || DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install podman ;;
        # Dagger's CLI, and the image of its engine, which a program has.
        dagger) install -m 755 "$here/dagger.sh" /usr/local/bin/dagger ;;
        engine-image=*)
            cli=${name#*=} image=registry.dagger.io/engine:v0.18.19
            "$cli" image inspect "$image" || sh "$here/engine_image.sh" "$cli" "$here/engine_stand_in.py" "$image" ;;
        # An engine that listens already.
        engine=*)
            socket=${name#*=}
            unit=stand-in$(echo "$socket" | tr / -)
            systemctl is-active -q "$unit" || systemd-run -q --unit "$unit" --collect \
                python3 "$here/engine_stand_in.py" --addr "unix://$socket"
            until [ -S "$socket" ]; do sleep 0.1; done ;;
        # A service.
        ci-runner)
            printf '[Service]\nExecStart=/bin/sleep infinity\n' >/etc/systemd/system/ci-runner.service
            systemctl daemon-reload
            systemctl start ci-runner ;;
        # limactl: it enters no instance, and says nothing wrong.
        lima)
            printf '#!/bin/sh\ncase $* in *--help*) echo --preserve-env ;; esac\n' >/usr/local/bin/limactl
            chmod 755 /usr/local/bin/limactl ;;
    esac >/dev/null 2>&1
done
