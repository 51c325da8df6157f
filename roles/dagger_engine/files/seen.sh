#!/bin/sh
# seen.sh CLI NAME IMAGE UNIT PORT: what is there, a 'KEY=VALUE' line each. It changes nothing.
name=$2
cli=$(command -v -- "$1")
printf 'cli=%s\n' "$cli"
systemctl is-active --quiet "$4" && echo active=1
[ -n "$cli" ] || exit 0
timeout 20 "$cli" version >/dev/null 2>&1 && echo answers=1
timeout 20 "$cli" info --format '{{json .}}' 2>/dev/null | grep -q -e 'name=rootless' -e '"[rR]ootless": *true' && echo rootless=1
[ -n "$3" ] && timeout 20 "$cli" image inspect "$3" >/dev/null 2>&1 && echo image=1
form='{{.State.Pid}} {{index .Config.Labels "slipway.runtimes.dagger-engine"}}'
found=$(timeout 20 "$cli" container inspect --format "$form" "$name" 2>/dev/null) || exit 0
pid=${found%% *}
printf 'container=1\nmade_of=%s\n' "${found#* }"
# Clients are connected for as long as they build. The kernel lists a connection to a socket where the client is: on the host, or
# in the container for those that the provider's exec brought there.
busy=$(cat /proc/1/net/unix "/proc/$pid/net/unix" 2>/dev/null | grep -c ' 0001 03 .* /run/dagger/engine.sock$')
if [ -n "$5" ]; then
    port=$(printf '%04X' "$5")
    tcp=$(cat "/proc/$pid/net/tcp" "/proc/$pid/net/tcp6" 2>/dev/null | grep -c "^ *[0-9]*: [0-9A-F]*:$port [0-9A-F]*:[0-9A-F]* 01 ")
    busy=$((${busy:-0} + tcp))
fi
printf 'busy=%s\n' "${busy:-0}"
