# For the scripts of this folder. Source it; it goes to the repository's root.

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. pipelines/lib.sh

# Prints the head of the script that runs, for --help.
usage() {
  sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p}' "$0"
}
