#!/usr/bin/env bats
# The checks of lint find what they are for, in a small tree of their own.
load ../lib.bash

setup() {
	cd "$BATS_TEST_TMPDIR"
	mkdir -p lib tools/genie-x fuzz tests/unit tests/tools
	cp -R "$ROOT/tests/lint" tests/lint
	: >tests/lint/too-big
	: >tests/lint/no-unit-test
	printf '/* low.h - low. Layer: base. */\n#ifndef LOW_H\n#define LOW_H\nint low(void);\n#endif\n' >lib/low.h
	printf '#include "low.h"\n\nint low(void)\n{\n\treturn 1;\n}\n' >lib/low.c
	printf '/* high.h - high. Layer: domain. */\n#ifndef HIGH_H\n#define HIGH_H\nint high(void);\n#endif\n' >lib/high.h
	printf '#include "high.h"\n#include "low.h"\n\nint high(void)\n{\n\treturn low();\n}\n' >lib/high.c
	printf '#include "high.h"\n#include "low.h"\n' >tests/unit/all.c
	export B=$BATS_TEST_TMPDIR/b
}

# lint CHECK STATUS [TEXT]: how the check ends, and what it says.
lint() {
	run -"$2" tests/lint/run "$1"
	[ $# -lt 3 ] || [[ $output == *"$3"* ]]
}

@test "lint: an upward include is found, a downward one is not" {
	run -1 tests/lint/check/layers # the third-party headers are missing in this tree
	[[ $output != *"higher layer"* ]]
	echo '#include "high.h"' >>lib/low.c
	lint layers 1 'lib/low.c (base) includes high.h (domain), a higher layer'
}

@test "lint: a tool that includes another tool's file is found" {
	echo '#include "core.h"' >tools/genie-x/genie-x.c
	lint layers 1 'tools/genie-x/genie-x.c: includes "core.h"'
}

@test "lint: banned calls are found in code, not in comments and strings" {
	printf '/* strcpy(a, b) */\nconst char *s = "strcpy(a, b) \\" system(";\n' >>lib/low.c
	lint banned 0
	printf 'void f(char *a, char *b)\n{\n\tstrcpy(a, b);\n}\n' >>lib/low.c
	lint banned 1 'lib/low.c:11:'
}

@test "lint: lib/ may not print or read the environment, a tool may" {
	printf 'int main(void)\n{\n\tprintf("%%s", getenv("X"));\n}\n' >tools/genie-x/genie-x.c
	lint banned 0
	cp tools/genie-x/genie-x.c lib/low.c
	lint banned 1 'lib/low.c:3:'
}

@test "lint: too long a function is found; the list of exceptions may only shrink" {
	lint sizes 0
	{ printf 'int long_one(void)\n{\n'; yes ';' | head -61; printf '}\n'; } >>lib/low.c
	lint sizes 1 'new: lib/low.c: long_one lines'
	echo 'lib/low.c: long_one lines' >tests/lint/too-big
	lint sizes 0
	echo 'lib/low.c: other lines' >>tests/lint/too-big
	lint sizes 1 'no longer so, take it from tests/lint/too-big: lib/low.c: other lines'
}

@test "lint: a module that no unit test includes is found" {
	lint unit-tests 0
	: >tests/unit/all.c
	lint unit-tests 1 'new: lib/high.h'
}

@test "lint: a check without its program is skipped visibly and counted" {
	mkdir bin
	for program in bash dirname ls sed tail mkdir cat; do ln -s "$(command -v $program)" bin/; done
	run -0 env PATH="$PWD/bin" tests/lint/run shellcheck
	[[ ${lines[0]} == "ok - shellcheck # skip shellcheck is not installed"* ]]
	[ "${lines[1]}" = "lint: 0 passed, 0 failed, 1 skipped" ]
	[ "$(cat b/counts)" = "0 0 1" ]
}
