# shellcheck shell=sh
# What is found of the kernel module $1, a word a line. $2: the root that it is looked for below, '' for the host's own.
release=$(uname -r)
[ -e "$2/proc/modules" ] && echo modules
[ -d "$2/lib/modules/$release" ] && echo folder
grep -q "^$1 " "$2/proc/modules" 2>/dev/null && echo loaded
grep -q "/$1\.ko" "$2/lib/modules/$release/modules.builtin" 2>/dev/null && echo builtin
[ "$1" = iptable_nat ] && grep -qx nat "$2/proc/net/ip_tables_names" 2>/dev/null && echo active
modprobe -n -q "$1" 2>/dev/null && echo loadable
:
