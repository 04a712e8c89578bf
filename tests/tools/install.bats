# What `make install` puts where, and that it works from there.
load ../lib.bash

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	root=$BATS_TEST_TMPDIR/root
}

# The Makefile as a packager calls it; what is built is not built again.
packager() {
	env -u MAKELEVEL -u MAKEFLAGS make --no-print-directory -s -C "$ROOT" B="$B" -o all DESTDIR="$root" PREFIX=/usr "$@"
}

# With nothing of the build folder in reach.
installed() {
	env PATH="$root/usr/bin:/usr/bin:/bin" "$@"
}

@test "install: every tool and page is there, with its mode, and works" {
	packager install
	local tool name
	for tool in "$B"/bin/genie-*; do
		name=${tool##*/}
		[ "$(stat -c %a "$root/usr/bin/$name")" = 755 ]
		[ "$(stat -c %a "$root/usr/share/man/man1/$name.1")" = 644 ]
		[ "$(installed "$name" --version)" = "$("$tool" --version)" ]
	done
	[ "$(cd "$root/usr/bin" && ls)" = "$(cd "$B/bin" && ls)" ]
	[ -z "$(find "$root" -type f ! -perm -444)" ]
	for name in "$ROOT"/schemas/*.json; do cmp "$name" "$root/usr/share/genie-toolkit/schemas/${name##*/}"; done
	diff -r "$ROOT/pipelines" "$root/usr/share/genie-toolkit/pipelines"
	diff <(cd "$ROOT/pipelines" && find . -type f -executable | sort) <(cd "$root/usr/share/genie-toolkit/pipelines" && find . -type f -executable | sort)
	run ! grep -rqF -e "$ROOT" -e "$B" "$root/usr/share"
}

@test "install: the manual pages render" {
	command -v mandoc >/dev/null || skip "mandoc is not installed"
	packager install
	local page name
	for page in "$root"/usr/share/man/man1/*.1; do
		name=$(basename "$page" .1)
		run -0 mandoc -T utf8 -W error,stop "$page"
		[[ $(col -b <<<"$output" 2>/dev/null || cat <<<"$output") == *"$name"* ]]
	done
}

@test "install: the loop runs from the installed tree" {
	packager install
	run -0 --separate-stderr installed env -u MAKELEVEL -u MAKEFLAGS make --no-print-directory \
		-f "$root/usr/share/genie-toolkit/pipelines/loop.mk" evaluate WORK="$PWD/work"
	jq -e '.status == "evaluated" and .iterations[0].total_questions > 10' work/cost/optimization-progress.json
	run -0 --separate-stderr installed env -u MAKELEVEL -u MAKEFLAGS make --no-print-directory \
		-f "$root/usr/share/genie-toolkit/pipelines/loop.mk" status WORK="$PWD/work"
	[[ $output == *"baseline"* ]]
	[ -z "$(cd "$root/usr/share/genie-toolkit/demo" && find . -newer "$PWD/work/cost/run.conf" -type f)" ]
}

@test "install: uninstall leaves nothing" {
	packager install
	packager uninstall
	[ -z "$(find "$root" ! -type d)" ]
	[ ! -e "$root/usr/share/genie-toolkit" ]
}
