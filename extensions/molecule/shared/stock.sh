#!/bin/sh
# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# stock.sh FOLDER...: on a disposable host, fills a release server with this host's own runtimes, packed as upstream packs its
# releases, starts it, and notes what is in the folders. The youki goes from where a role will put it.
set -eu
here=/srv/releases
cd "$here"

if [ ! -e server.pem ]; then
    printf 'subjectAltName=IP:127.0.0.1\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n' >san
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=tests \
        -addext keyUsage=critical,keyCertSign
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout server.key -out server.csr -subj /CN=localhost
    openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.crt -days 2 -extfile san
    cat server.crt server.key >server.pem

    # The real ones. A program with a byte more at its end is another version.
    machine=$(uname -m)
    case $machine in x86_64) word=amd64 ;; aarch64) word=arm64 ;; *) word=$machine ;; esac
    mv /usr/local/bin/youki youki
    tar -c youki | gzip -1 >"youki-0.7.0-$machine-gnu.tar.gz"
    echo >>youki
    tar -c youki | gzip -1 >"youki-0.7.1-$machine-gnu.tar.gz"
    ln -s /usr/bin/crun "crun-1.21-linux-$word"
    ln -s /usr/bin/runsc runsc
    ln -s /usr/sbin/runc "runc.$word"

    # Stand-ins: runc's shim under another name.
    shim=/usr/bin/containerd-shim-runc-v2
    ln -s "$shim" containerd-shim-runsc-v1
    [ -e wasmtime ] || ln -s "$shim" wasmtime
    if [ ! -e kata.tar ]; then
        mkdir -p opt/kata/bin opt/kata/share/defaults/kata-containers
        ln -s "$shim" opt/kata/bin/containerd-shim-kata-v2
        echo '[hypervisor.qemu]' >opt/kata/share/defaults/kata-containers/configuration-qemu.toml
        tar -chf kata.tar opt
    fi
    sha256sum youki-* crun-* runc.* runsc* containerd-shim-* wasmtime kata.* |
        sed -e "s/-$machine-gnu\.tar\.gz//; s/-linux-$word//; s/runc\.$word/runc/" \
            -e 's/^\([^ ]*\)  \(.*\)/"\2": "sha256:\1"/; 1s/^/{/; $!s/$/,/; $s/$/}/' >sums.json
fi 2>log
systemctl is-active --quiet slipway-releases ||
    systemd-run --quiet --unit slipway-releases --collect python3 "$here/release_server.py" "$here" 8443 8080

mkdir -p before
for folder; do
    sh "$here/listing.sh" "$folder" >"before/$(printf %s "$folder" | tr / _)"
done
