#!/bin/sh
# Run once in the root of an image, in a chroot: users, units and the twin engine's programs.
# OPERATOR_PASSWORD, ROOT_PASSWORD and GVISOR_PLATFORM come in the environment.
set -eu
export PATH=/usr/sbin:/usr/bin:/sbin:/bin

# Of the mirror that the image was built from nothing stays, its credentials least of all.
rm -rf /etc/apt/sources.list /etc/apt/sources.list.d /etc/apt/auth.conf* /etc/apt/apt.conf.d/99mmdebstrap

useradd --create-home --shell /bin/bash --uid 1000 admin
# Debian has a group of the name operator, and no user of it.
useradd --create-home --shell /bin/bash --uid 1001 --gid operator operator
useradd --create-home --shell /bin/bash --uid 1002 dev
printf '%s\n' "operator:$OPERATOR_PASSWORD" "root:$ROOT_PASSWORD" | chpasswd
grep -q '^dev:' /etc/subuid 2>/dev/null || echo dev:231072:65536 >>/etc/subuid
grep -q '^dev:' /etc/subgid 2>/dev/null || echo dev:231072:65536 >>/etc/subgid
chown root:root /etc/sudoers.d/slipway
chmod 440 /etc/sudoers.d/slipway

# Hard links: the process is called iechord, and the disk holds one program.
mkdir -p /usr/libexec/iechor /var/lib/iechor
ln -f /usr/sbin/dockerd /usr/sbin/iechord
ln -f /usr/bin/docker /usr/libexec/iechor/iechor

# A shim that runs everywhere, off PATH and on PATH.
mkdir -p /opt/shims
cp /usr/bin/containerd-shim-runc-v2 /opt/shims/containerd-shim-slipway-v1
cp /usr/bin/containerd-shim-runc-v2 /usr/local/bin/containerd-shim-onpath-v1

sed -i "s/@GVISOR_PLATFORM@/$GVISOR_PLATFORM/" /opt/wrappers/runsc

# Docker's own packages have these two on PATH; the setup tool looks for `docker` beside them.
for script in dockerd-rootless.sh dockerd-rootless-setuptool.sh; do
    ln -s "/usr/share/docker.io/contrib/$script" "/usr/bin/$script"
done

# A host has a folder of the machine's at /home: it is filled when the host starts for the first time.
cp --archive /home /usr/local/lib/slipway-host/home

systemctl --quiet enable docker.service containerd.service iechor.service
# What a disposable host has no use for, or cannot do in a container.
systemctl --quiet mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer e2scrub_all.timer \
    getty@tty1.service systemd-pstore.service systemd-timesyncd.service systemd-networkd-wait-online.service
: >/etc/machine-id
