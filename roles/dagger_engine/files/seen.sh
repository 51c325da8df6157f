#!/bin/sh
# seen.sh PROVIDER NAME IMAGE TAG CLI GROUP VOLUME [USER...]: what is there, a 'seen:KEY=VALUE' line each. It changes nothing.
# PROVIDER: empty for the one that has the engine, or else the first that is there. TAG: ':v...' or '@sha256:...', empty for the release
# of CLI. IMAGE, GROUP and VOLUME: empty where they are not asked for.
provider=$1 name=$2 image=$3 tag=$4 dagger=$5 group=$6 volume=$7
shift 7
unit=/etc/systemd/system/$name.service
quadlet=/etc/containers/systemd/$name.container
folder=/etc/$name
# sudo leaves it out on some distributions.
PATH=$PATH:/usr/local/sbin:/usr/local/bin

say() { printf 'seen:%s=%s\n' "$1" "$2"; }
# ask PROGRAM WORD...: within a time limit, quietly, and away from the terminal, which would stop it.
ask() { timeout 20 "$@" </dev/null 2>/dev/null; }
# digest KEY FILE: of its content; nothing where there is no file.
digest() {
    [ -f "$2" ] || return 0
    found=$({ sha256sum <"$2"; } 2>/dev/null)
    say "$1" "${found%% *}"
}
# noted KEY: what the unit says of itself.
noted() { cat "$unit" "$quadlet" 2>/dev/null | sed -n "s/^# $1: //p"; }
# means PROGRAM: whose it is. docker is often a link or a script that calls another; Podman then says the link's name.
means() {
    [ "$1" = docker ] || { printf %s "$1"; return 0; }
    found=$(readlink -f -- "$(command -v docker)")
    case ${found##*/}:$(ask docker --version) in
        podman:* | *:podman* | *:docker*) printf podman ;;
        nerdctl:* | *:nerdctl*) printf nerdctl ;;
        *) printf docker ;;
    esac
}

# there IMAGE: whether it is. By a digest nerdctl finds what an archive only calls so.
there() {
    case $1 in
        *@*) ask "$cli" image inspect --format '{{json .RepoDigests}}' "$1" | grep -qF "${1#*@}" ;;
        *) ask "$cli" image inspect "$1" >/dev/null ;;
    esac
}

say uid "$(id -u)"
say user "$(id -un)"
systemctl is-active --quiet "$name.service" && say active 1
digest unit "$unit"
digest quadlet "$quadlet"
digest config "$folder/engine.json"
digest environment "$folder/environment"
digest ca "$folder/ca-certificates/ca.crt"
# What has the name and is not the role's own: a file without its first line, a unit that a package brought, a folder with other things.
foreign=''
for one in "$unit" "$quadlet"; do
    [ ! -f "$one" ] || head -n 1 "$one" | grep -q 'by the role slipway.runtimes.dagger_engine;' || foreign="$foreign $one"
done
for one in "/usr/lib/systemd/system/$name.service" "/lib/systemd/system/$name.service"; do
    [ -e "$one" ] && foreign="$foreign $one" && break
done
if [ -d "$folder" ]; then
    say folder 1
    [ -d "$folder/made" ] || [ -z "$(ls -A "$folder")" ] || foreign="$foreign $folder"
fi
say foreign "${foreign# }"
for one in "$folder"/made/*; do
    [ -f "$one" ] && say "made_${one##*/}" "$(cat "$one")"
done
if [ -n "$group" ]; then
    found=$(getent group "$group")
    found=${found#*:*:}
    say gid "${found%%:*}"
    missing='' unknown=''
    for one in "$@"; do
        found=$(id -nG -- "$one" 2>/dev/null) || unknown="$unknown $one"
        case " $found " in *" $group "*) ;; *) missing="$missing $one" ;; esac
    done
    say missing "${missing# }"
    say unknown "${unknown# }"
fi

was=$(noted Provider)
say was "$was"
# shellcheck disable=SC2086 # names of programs, a word each
set -- ${provider:-$was docker iechor podman nerdctl}
for one in "$@"; do
    command -v -- "$one" >/dev/null || continue
    meant=$(means "$one")
    [ -n "$provider" ] || [ "$meant" = "$one" ] || continue
    # What is left of an engine is where it was, whoever could run one now.
    if [ -z "$provider" ] && [ -n "$volume" ] && [ $# = 4 ]; then
        ask "$one" volume inspect "$volume" >/dev/null || continue
    fi
    provider=$one
    break
done
say provider "$provider"
[ -n "$provider" ] || exit 0
cli=$(command -v -- "$provider") || exit 0
say cli "$cli"
say means "$meant"
for one in /usr/lib /lib /usr/local/lib /etc; do
    [ -x "$one/systemd/system-generators/podman-system-generator" ] && say quadlets 1 && break
done
[ -n "$volume" ] && ask "$cli" volume inspect "$volume" >/dev/null && say volume 1

reference=
if [ -n "$image" ]; then
    if [ -z "$tag" ]; then
        # It tells one line, and from 1.0.0 on a table; a release before the release has its own image.
        release=$(ask "$dagger" version | sed -n -E '1s/^(dagger|version:) +(v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?).*/\2/p')
        say release "$release"
        tag=${release:+:$release}
    fi
    [ -n "$tag" ] && reference=$image$tag && say reference "$reference"
fi

pid=
if found=$(ask "$cli" container inspect --format '{{.State.Pid}} {{index .Config.Labels "slipway.runtimes.dagger-engine"}}' "$name"); then
    pid=${found%% *}
    found=${found#* }
    say answers 1
    say container 1
    say made_of "$found"
else
    ask "$cli" version >/dev/null && say answers 1
    ask "$cli" info --format '{{json .}}' | grep -q -e 'name=rootless' -e '"[rR]ootless": *true' && say rootless 1
    # Another provider may run it, whose clients would be cut off as well.
    [ "${was:-$provider}" = "$provider" ] || pid=$(ask "$was" container inspect --format '{{.State.Pid}}' "$name")
fi
if [ -n "$pid" ]; then
    # Clients are connected for as long as they build. The kernel lists a connection to a socket where the client is: on the host, or
    # in the container for those that the provider's exec brought there.
    busy=$(cat /proc/1/net/unix "/proc/$pid/net/unix" 2>/dev/null | grep -c ' 0001 03 .* /run/dagger/engine.sock$')
    port=$(noted Port)
    if [ -n "$port" ]; then
        port=$(printf '%04X' "$port")
        tcp=$(cat "/proc/$pid/net/tcp" "/proc/$pid/net/tcp6" 2>/dev/null | grep -c "^ *[0-9]*: [0-9A-F]*:$port [0-9A-F]*:[0-9A-F]* 01 ")
        busy=$((busy + tcp))
    fi
    say busy "$busy"
fi
[ -n "$reference" ] || exit 0
# What runs has its image there.
if [ "${found#*:}" = "$reference" ] || there "$reference"; then
    say image 1
fi
