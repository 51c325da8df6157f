# shellcheck shell=sh
# $1: a note. Removes it, the empty folders that it names, and its own folder where that was the last one.
while IFS= read -r folder; do
    rmdir "$folder" 2>/dev/null
done <"$1"
folder=${1%/*}
rm -f "$1" && { rmdir "$folder" "${folder%/*}" 2>/dev/null || :; }
