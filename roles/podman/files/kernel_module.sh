# What is found of the kernel module $1, a word a line.
release=$(uname -r)
[ -e /proc/modules ] && echo modules
[ -d "/lib/modules/$release" ] && echo folder
grep -q "^$1 " /proc/modules 2>/dev/null && echo loaded
grep -q "/$1\.ko" "/lib/modules/$release/modules.builtin" 2>/dev/null && echo builtin
[ "$1" = iptable_nat ] && grep -qx nat /proc/net/ip_tables_names 2>/dev/null && echo active
modprobe -n -q "$1" 2>/dev/null && echo loadable
:
