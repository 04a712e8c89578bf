# What the world sends: every tool that reads it says in one line what is wrong, ends with the
# status that README promises, and leaves no output file behind.
load ../lib.bash

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export HOME=$BATS_TEST_TMPDIR GENIE_HTTP_BUDGET=2
	pid=
}

teardown() {
	stop_workspace
}

# refused STATUS TEXT COMMAND...: ends with STATUS, one line that holds TEXT (two for wrong
# usage), nothing on standard output and no file "out".
refused() {
	local want=$1 text=$2 tool=$3 status=0
	shift 2
	timeout 60 "$@" >stdout 2>stderr </dev/null || status=$?
	if [ "$status" = "$want" ] && [ ! -s stdout ] && [ ! -e out ] && [ -z "$(find . -name 'out.tmp*')" ] &&
		[ "$(grep -c "^$tool: error: " stderr)" = 1 ] &&
		[ "$(grep -cv "^usage: $tool " stderr)" = 1 ] && grep -qF -e "$text" stderr; then
		return 0
	fi
	echo "$*: status $status, wanted $want and \"$text\""
	head -c 2000 stderr
	ls out* 2>/dev/null
	head -c 200 stdout
	return 1
}

# ---- files that no reader may take, whatever it reads -------------------------------------

# One line: the file, its status, what the message holds besides its name.
bad_files() {
	printf '{"id":"a","question":"Cost?",\n' >broken
	printf '{"id":"a","question":"x\0y","expected_sql":"SELECT 1"}\n' >nul
	printf '{"id":"a","question":"x\377y","expected_sql":"SELECT 1"}\n' >utf8
	jq -nr '("[" * 5000) + ("]" * 5000)' >deep
	printf '{"id":"a","id":"b","question":"Cost?","question":"Cost?","expected_sql":"SELECT 1"}\n' >twice
	printf '42\n' >number
	printf '"rows"\n' >string
	printf 'hello world\n' >words
	printf '{"hello":"world"}\n' >other
	mkdir dir
	bad='broken 65
nul 65
utf8 65
deep 65
twice 65
number 65
string 65
words 65
other 65
dir 74
missing 74
/proc/self/mem 74'
	if [ "$(id -u)" != 0 ]; then
		cp other locked
		chmod 000 locked
		bad+=$'\nlocked 74'
	fi
}

# refuses_all COMMAND...: with each bad file for FILE.
refuses_all() {
	local name status
	while read -r name status; do
		refused "$status" "$name" "${@/#FILE/$name}"
	done <<<"$bad"
}

# What goes together with the bad file is good: one question of the local workspace.
good_files() {
	rows a:fail b:pass | jq -c '. + {split: "train", expected_sql: "SELECT 1 AS n", genie_sql: "SELECT 2 AS n",
		comparison: {verdict: "identical", match: true, profile: "seed", outcomes: {seed: "GOOD"}}}' >rows.jsonl
	jq -nc '{id: "a", question: "Cost?", expected_sql: "SELECT 1 AS n"}' >question.jsonl
	jq -nc '{schema: "genie/space/1", space_id: "s", config: {version: 2, data_sources: {}}, config_id: "c", config_hash: "c", uc: {}}' >space.json
	jq -nc '{schema: "genie/clusters/1", clusters: [], long_tail: []}' >clusters.json
	jq -nc '{schema: "genie/patches/1", patches: []}' >patches.json
}

@test "bad input: questions, rows and what comes with them" {
	bad_files
	good_files
	refuses_all genie-bench -o out FILE
	refuses_all genie-bench -q -o out --snapshot FILE question.jsonl
	refuses_all genie-score -o out FILE
	refuses_all genie-cluster -o out FILE
	refuses_all genie-cluster -o out --decision FILE rows.jsonl
	refuses_all genie-decide -o out --after FILE
	refuses_all genie-decide -o out --after rows.jsonl --before FILE
	refuses_all genie-decide -o out --after rows.jsonl --before rows.jsonl --slice FILE
	refuses_all genie-decide -o out --after rows.jsonl --before rows.jsonl --p0 FILE
	refuses_all genie-decide -o out --after rows.jsonl --before rows.jsonl --previous FILE
	refuses_all genie-eval -q -o out FILE
	refuses_all genie-eval -q -o out --snapshot FILE rows.jsonl
	refuses_all genie-eval -q -o out --scope slice --patched FILE rows.jsonl
}

@test "bad input: clusters, patches and what comes with them" {
	bad_files
	good_files
	local p=(genie-propose -o out --lever 1)
	refuses_all "${p[@]}" --snapshot space.json --rows rows.jsonl FILE
	refuses_all "${p[@]}" --snapshot FILE --rows rows.jsonl clusters.json
	refuses_all "${p[@]}" --snapshot space.json --rows FILE clusters.json
	refuses_all "${p[@]}" --snapshot space.json --rows rows.jsonl --history FILE clusters.json
	refuses_all "${p[@]}" --snapshot space.json --rows rows.jsonl --benchmarks FILE clusters.json
	# the files are read before the workspace is asked for anything
	export DATABRICKS_HOST=http://127.0.0.1:1 DATABRICKS_TOKEN=t
	cp -R "$ROOT/demo/cost" b
	refuses_all genie-patch -q -o out --bundle b FILE
	refuses_all genie-patch -q -o out --bundle b --snapshot FILE patches.json
	refuses_all genie-patch -q -o out --bundle b --benchmarks FILE patches.json
	refuses_all genie-patch -q -o out --bundle b --rollback FILE
	bad=${bad/dir 74/dir 65} # --verify takes a folder, which has to be a bundle
	refuses_all genie-patch -q -o out --bundle b --verify FILE
}

@test "bad input: a work folder with a broken artifact" {
	bad_files
	local name
	for name in broken nul utf8 deep twice number string words other; do
		rm -rf w && mkdir -p w/iter-00
		cp "$name" w/iter-00/eval.json
		refused 65 w/iter-00/eval.json genie-session -o out w
	done
	refused 74 nowhere genie-session -o out nowhere
	[ ! -x "$B/bin/genie-report" ] || refused 74 nowhere genie-report -o out nowhere
}

@test "bad input: what genie-local loads" {
	bad_files
	local name
	for name in broken nul utf8 deep twice number string words other; do
		cp "$name" "$name.json"
		refused 65 "$name.json" genie-local sql -o out --space-file "$name.json" 'SELECT 1'
		rm -rf f && mkdir f && cp "$name" f/schema.json
		refused 65 f/schema.json genie-local sql -o out --bundle f 'SELECT 1'
		rm -rf f && mkdir f && cp "$name" f/databricks.yml
		[ "$name" = other ] || [ "$name" = twice ] ||
			refused 65 databricks.yml genie-local sql -o out --bundle f 'SELECT 1'
	done
	refused 74 missing genie-local sql -o out --bundle missing 'SELECT 1'
	refused 74 missing genie-local sql -o out --space-file missing 'SELECT 1'
}

@test "bad input: a line of 50 MB is refused by its number" {
	{ rows a:pass; printf '{"question_id":"b","question":"'; head -c 52428800 /dev/zero | tr '\0' x; printf '"}\n'; } >long
	local tool
	for tool in genie-score genie-cluster 'genie-decide --after' 'genie-eval -q' genie-bench; do
		# shellcheck disable=SC2086
		refused 65 long:2 $tool long -o out
	done
}

@test "bad input: nothing at all is no document, and no rows" {
	good_files
	: >empty
	refused 65 empty genie-propose -o out --lever 1 --snapshot space.json --rows rows.jsonl empty
	refused 65 empty genie-cluster -o out --decision empty rows.jsonl
	refused 65 'standard input' genie-propose -o out --lever 1 --snapshot space.json --rows rows.jsonl
	refused 65 'standard input' genie-local plan -o out
	run -0 genie-score empty
	[ "$(jq -c '[.total_questions, .overall_accuracy]' <<<"$output")" = '[0,null]' ] ||
		[ "$(jq -c '[.total_questions, .overall_accuracy]' <<<"$output")" = '[0,0]' ]
}

@test "bad input: broken YAML is named with file and line" {
	printf 'cost:\n  - id: a\n    question: Cost?\n   bad: [\n' >b.yaml
	refused 65 b.yaml:4 genie-bench -o out b.yaml
	printf 'cost:\n  - id: a\n    question: Cost?\n    question: Again?\n' >twice.yaml
	refused 65 twice.yaml:4 genie-bench -o out twice.yaml
}

# ---- options and places -------------------------------------------------------------------------

@test "bad input: unknown options and values are usage errors of every tool" {
	local tool
	for tool in "$B"/bin/genie-*; do
		tool=${tool##*/}
		refused 2 --no-such-option "$tool" --no-such-option
		refused 2 "needs a value" "$tool" --output
		refused 2 "takes no value" "$tool" --quiet=yes
		refused 2 "unknown option -Z" "$tool" -Z
	done
	refused 2 colour genie-eval --stage colour
	refused 2 "not a number" genie-eval --qpm many
}

@test "bad input: a full disk is 74 and leaves nothing" {
	good_files
	# a limit on the size of files stands for the disk; it works for everybody
	local script
	script='ulimit -f 1; tool=$1; shift; exec "$tool" "$@"'
	for _ in {1..100}; do cat rows.jsonl; done | jq -c '.question_id += "\(input_line_number)"' >many.jsonl
	run -74 --separate-stderr bash -c "$script" _ genie-eval -q -o out many.jsonl
	[[ $stderr == "genie-eval: error: "*"writing out"* ]]
	[ -z "$(find . -name 'out*')" ]
	run -74 --separate-stderr bash -c "$script" _ genie-bench -q -o out "$ROOT/demo/cost/benchmarks.yaml"
	[[ $stderr == "genie-bench: error: "*"writing out"* ]]
	[ -z "$(find . -name 'out*')" ]
	for tool in genie-score genie-cluster 'genie-decide --after'; do
		# shellcheck disable=SC2086
		run -74 --separate-stderr bash -c '$1 rows.jsonl >/dev/full' _ "$tool"
		[[ $stderr == "${tool%% *}: error: writing standard output: "* && $stderr != *$'\n'* ]]
		# shellcheck disable=SC2086
		refused 74 nowhere $tool rows.jsonl -o nowhere/out
	done
}

# ---- a workspace -------------------------------------------------------------------------------

local_workspace() {
	serve_workspace -q --bundle "$ROOT/demo/cost" --token right --seed 1 --latency 0 --log-requests requests.jsonl
}

@test "bad input: an unknown space, a wrong token, a dead host" {
	local_workspace
	good_files
	rows a:fail | jq -c '{id: .question_id, question: "What was our total cost?", expected_sql: "SELECT 1"}' >ask.jsonl
	jq -c '.lever = 6 | .patches = [{patch_id: "P1", type: "add_instruction", new_text: "Cost is in USD.", net_impact: 1}]' \
		patches.json >p.json
	cp -R "$ROOT/demo/cost" b
	refused 69 nosuch genie-fetch -q -o out nosuch
	refused 69 nosuch genie-eval -q -o out --space nosuch ask.jsonl
	refused 69 nosuch genie-patch -q -o out --allow-high --bundle b --space nosuch p.json
	export DATABRICKS_TOKEN=wrong
	refused 69 token genie-fetch -q -o out cost
	refused 69 token genie-fetch -q --list -o out
	refused 69 token genie-eval -q -o out --space cost ask.jsonl
	refused 69 token genie-patch -q -o out --allow-high --bundle b --space cost p.json
	run ! grep -q wrong stderr
	export DATABRICKS_HOST=http://127.0.0.1:1
	refused 75 127.0.0.1:1 genie-fetch -q -o out cost
	refused 75 127.0.0.1:1 genie-eval -q -o out --space cost ask.jsonl
	refused 75 127.0.0.1:1 genie-patch -q -o out --allow-high --bundle b --space cost p.json
}

@test "bad input: an unresolved variable stops before anything is asked" {
	local_workspace
	jq -nc '{id: "a", question: "Cost?", expected_sql: "SELECT * FROM ${nowhere}.t"}' >q.jsonl
	refused 65 '${nowhere}' genie-eval -q -o out --space cost q.jsonl
	refused 65 '${nowhere}' genie-bench -q -o out --var catalog=main q.jsonl
	[ ! -e requests.jsonl ] || run ! grep -qE 'start-conversation|sql/statements' requests.jsonl
}

@test "bad input: expected SQL that is no query is refused and never sent" {
	local_workspace
	local sql n=0
	for sql in 'DROP TABLE fact_usage' "INSERT INTO dim_sku VALUES ('x')" 'SELECT 1; DELETE FROM dim_sku' \
		'WITH a AS (SELECT 1) DELETE FROM dim_sku' 'CREATE TABLE t (a INT)' '/* SELECT */ TRUNCATE TABLE dim_sku' \
		'EXPLAIN DROP TABLE dim_sku' "CALL f()" 'nonsense' ''; do
		jq -nc --arg s "$sql" --arg id "q$((n += 1))" '{id: $id, question: "What was our total cost?", expected_sql: $s}' >"q$n.jsonl"
		[ -z "$sql" ] || refused 65 "q$n.jsonl:1" genie-bench -q -o out "q$n.jsonl"
	done
	cat q?.jsonl >all.jsonl
	genie-eval -q --space cost -o rows.jsonl --qpm 0 all.jsonl
	jq -se 'all(.[]; .outcome == "excluded" and (.exclusion.reason | startswith("gold: ")))' rows.jsonl ||
		{ jq -c '[.question_id, .outcome, .exclusion]' rows.jsonl; return 1; }
	[ "$(grep -c '"POST","path":"/api/2.0/sql/statements"' requests.jsonl)" = 0 ] || { cat requests.jsonl; return 1; }
}

@test "bad input: patches of an unknown type, without target, or none" {
	export DATABRICKS_HOST=http://127.0.0.1:1 DATABRICKS_TOKEN=t
	cp -R "$ROOT/demo/cost" b
	jq -nc '{schema: "genie/patches/1", patches: [{patch_id: "P1", type: "paint_it_black", target: "x", lever: 1}]}' >p.json
	refused 65 'p.json: $.patches[0].type' genie-patch -q -o out --bundle b p.json
	jq -nc '{schema: "genie/patches/1", patches: {}}' >p.json
	refused 65 p.json genie-patch -q -o out --bundle b p.json
	jq -nc '{schema: "genie/patches/1", patches: [7]}' >p.json
	refused 65 p.json genie-patch -q -o out --bundle b p.json
}
