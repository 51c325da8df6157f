# shellcheck shell=sh
# What the role has to know of a host, a fact a line: 'slipway KEY VALUE'. Nothing is changed.
# $1: the user who will use it, or ''.
say() { printf 'slipway %s %s\n' "$1" "$2"; }
sum() {
    if [ -r "$1" ]; then
        found=$(sha256sum <"$1" 2>/dev/null) && say "$2" "${found%% *}"
    fi
}
user=$1
say machine "$(uname -m)"
sum /etc/nerdctl/nerdctl.toml settings
if [ -n "$user" ]; then
    if entry=$(getent passwd "$user"); then
        uid=${entry#*:*:}
        home=${entry#*:*:*:*:*:}
        home=${home%%:*}
        say user.uid "${uid%%:*}"
        say user.home "$home"
        missing=
        for folder in "$home/.config" "$home/.config/systemd" "$home/.config/systemd/user"; do
            [ -d "$folder" ] || missing="$folder${missing:+:$missing}"
        done
        say user.missing "$missing"
        units=$home/.config/systemd/user
        [ -e "$units/containerd.service" ] && say unit 1
        # Enabling it is the last thing that the set-up does.
        [ -e "$units/default.target.wants/containerd.service" ] && say enabled 1
        [ -e "/var/lib/slipway-runtimes/nerdctl/rootless-$user" ] && say ours 1
        sum "$home/.config/nerdctl/nerdctl.toml" user.settings
    fi
fi
say end 1
