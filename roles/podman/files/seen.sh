# shellcheck shell=sh
# What the role has to know of a host, a fact a line: 'slipway KEY VALUE'. Nothing is changed.
# $1: the user who will use it, or ''. $2: the root that files are looked for below, '' for the host's own. $3...: kernel modules.
say() { printf 'slipway %s %s\n' "$1" "$2"; }
user=$1
root=$2
shift 2
for file in "$root/etc/os-release" "$root/usr/lib/os-release"; do
    if [ -r "$file" ]; then
        while IFS='=' read -r key value || [ -n "$key" ]; do
            case $key in
                ID | ID_LIKE | VERSION_ID | PLATFORM_ID | VERSION_CODENAME | UBUNTU_CODENAME)
                    value=${value#[\"\']}
                    say "os.$key" "${value%[\"\']}"
                    ;;
            esac
        done <"$file"
        break
    fi
done
release=$(uname -r)
for module; do
    found=
    [ -e "$root/proc/modules" ] && found="$found modules"
    [ -d "$root/lib/modules/$release" ] && found="$found folder"
    grep -q "^$module " "$root/proc/modules" 2>/dev/null && found="$found loaded"
    grep -q "/$module\.ko" "$root/lib/modules/$release/modules.builtin" 2>/dev/null && found="$found builtin"
    [ "$module" = iptable_nat ] && grep -qx nat "$root/proc/net/ip_tables_names" 2>/dev/null && found="$found active"
    modprobe -n -q "$module" 2>/dev/null && found="$found loadable"
    say "module.$module" "$found"
    conf=/etc/modules-load.d/slipway-podman-$module.conf
    [ -e "$conf" ] && say "conf.$module" 1
    [ "$(cat "$conf" 2>/dev/null)" = "$module" ] && say "at_boot.$module" 1
done
sum() {
    if [ -r "$1" ]; then
        found=$(sha256sum <"$1" 2>/dev/null) && say "$2" "${found%% *}"
    fi
}
sum /etc/containers/nodocker notice
# podman-docker's script prints a notice where that file is missing; a real docker is no script.
if IFS= read -r first 2>/dev/null </usr/bin/docker; then
    case $first in
        '#!'*) grep -q nodocker /usr/bin/docker && say script 1 ;;
    esac
fi
sum /etc/profile.d/slipway-podman.sh profile
notes=/var/lib/slipway-runtimes/podman
# listens WHOSE SOCKET FOLDER...: whether it is enabled by a link in one of the folders, and whether somebody listens at it.
listens() {
    whose=$1
    socket=$2
    shift 2
    for folder; do
        [ -e "$folder/sockets.target.wants/podman.socket" ] && say "socket.$whose" enabled
    done
    grep -q " $socket\$" /proc/net/unix 2>/dev/null && say "listens.$whose" 1
    [ -e "$notes/socket-$whose" ] && say "ours.$whose" 1
}
listens system /run/podman/podman.sock /etc/systemd/system
if [ -n "$user" ]; then
    if entry=$(getent passwd "$user"); then
        uid=${entry#*:*:}
        uid=${uid%%:*}
        home=${entry#*:*:*:*:*:}
        home=${home%%:*}
        say user.uid "$uid"
        say user.home "$home"
        missing=
        for folder in "$home/.config" "$home/.config/systemd" "$home/.config/systemd/user"; do
            [ -d "$folder" ] || missing="$folder${missing:+:$missing}"
        done
        say user.missing "$missing"
        listens "$user" "/run/user/$uid/podman/podman.sock" "$home/.config/systemd/user" /etc/systemd/user
    fi
fi
say end 1
