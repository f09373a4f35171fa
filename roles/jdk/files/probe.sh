# shellcheck shell=bash
# Prints which JDKs are on this host: a key, then values, separated by tabs. Changes nothing.
# Arguments: the JDK to look at (empty: those that follow), package, then places where the package puts a JDK (patterns).
given=$1 package=$2
shift 2
export LC_ALL=C

# Where the JDK will be once the package is there.
architecture=$(dpkg --print-architecture 2>/dev/null || uname -m)
printf 'expected\t%s\n' "${given:-${1//\*/$architecture}}"

if [ -n "$given" ]; then
  homes=("$given")
else
  homes=()
  for pattern in "$@"; do
    for home in $pattern; do
      if [ -x "$home/bin/java" ]; then
        homes+=("$home")
      fi
    done
  done
  # A package that puts it elsewhere tells where.
  if [ "${#homes[@]}" -eq 0 ]; then
    if command -v dpkg-query >/dev/null; then
      listing=$(dpkg-query -L "$package" 2>/dev/null)
    else
      listing=$(rpm -ql "$package" 2>/dev/null)
    fi
    while IFS= read -r file; do
      case $file in
        */bin/javac) homes+=("${file%/bin/javac}") ;;
      esac
    done <<<"$listing"
  fi
fi

for home in "${homes[@]}"; do
  printf 'home\t%s\t%s\n' "$home" "$(readlink -f "$home")"
  if [ -x "$home/bin/java" ]; then
    "$home/bin/java" -version 2>&1 </dev/null | sed 's/^/java\t/'
  fi
  if [ -x "$home/bin/keytool" ]; then
    printf 'keytool\n'
  fi
done
exit 0
