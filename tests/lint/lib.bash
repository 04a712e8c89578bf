# shellcheck shell=bash
# What the checks share. Sourced by tests/lint/run, which exports it, and by the
# checks for the functions.
B=${B:-build}
CPPFLAGS=${CPPFLAGS:--D_POSIX_C_SOURCE=200809L -iquote lib -iquote tests/unit}
WARNINGS=${WARNINGS:--std=c11 -Wall -Wextra}
JOBS=${JOBS:-2}
export B CPPFLAGS WARNINGS JOBS LC_ALL=C.UTF-8

sources() { find lib tools tests fuzz -name '*.c' | sort; }
headers() { find lib tools tests fuzz -name '*.h' | sort; }
scripts() {
	find .ci scripts pipelines tests bench demo -type f 2>/dev/null | sort | while read -r file; do
		case $file in
		*.bats | *.bash | *.sh) echo "$file" ;;
		*.*) ;;
		*) if head -c 40 "$file" | grep -qE '^#!/(usr/)?bin/(env )?(ba)?sh'; then echo "$file"; fi ;;
		esac
	done
}

# need PROGRAM: skips the check, visibly, when it is not installed.
need() {
	command -v "$1" >/dev/null || { echo "$1 is not installed (make deps-lint)"; exit 77; }
}

# found TEXT: "1 finding" for each line of TEXT; the status of the check.
found() {
	[ -z "$1" ] || { printf '%s\n' "$1"; exit 1; }
}

# flags: what every source is compiled with, as an array.
read_flags() {
	local packages
	packages=$(sed -n 's/^LIB_PKGS *:= *//p' lib/lib.mk)
	# shellcheck disable=SC2086
	read -ra flags <<<"$CPPFLAGS $WARNINGS $(pkg-config --cflags $packages)"
}

# compile COMPILER FLAG...: every source by its own, two at a time; prints what they say.
compile() {
	local flags
	read_flags
	sources | xargs -P "$JOBS" -I{} bash -c '
		file=$1; shift
		"$@" -iquote "$(dirname "$file")" "$file" 2>&1 || true' _ {} "$@" "${flags[@]}"
}

# code FILE...: the C code as FILE:LINE:TEXT, without comments and what strings say.
code() { awk -f tests/lint/code.awk "$@"; }

# shrinking LIST NOW: LIST names today's exceptions, one a line (# comments); NOW the
# same as found. What is found and not listed fails, and so does what is listed
# and no longer found, so that the list can only become shorter.
shrinking() {
	local list=$1 now=$2 known new gone
	known=$(grep -v '^#' "$list" | sort)
	now=$(sort <<<"$now" | sed '/^$/d')
	new=$(comm -13 <(printf '%s\n' "$known") <(printf '%s\n' "$now") | sed '/^$/d')
	gone=$(comm -23 <(printf '%s\n' "$known") <(printf '%s\n' "$now") | sed '/^$/d')
	[ -z "$new" ] || sed 's/^/new: /' <<<"$new"
	[ -z "$gone" ] || sed "s|^|no longer so, take it from $list: |" <<<"$gone"
	[ -z "$new$gone" ]
}
