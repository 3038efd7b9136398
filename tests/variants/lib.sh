# For the scripts of this folder. Source it; it goes to the repository's root.

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. pipelines/lib.sh

# Prints the head of the script that runs, for --help.
usage() {
  sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p}' "$0"
}

# For scripts that take no arguments but --help.
only_help() { # only_help "$@"
  case ${1:-} in
    '') ;;
    --help | -h)
      usage
      exit 0
      ;;
    *)
      echo "unknown option $1; see $0 --help" >&2
      exit 2
      ;;
  esac
}
