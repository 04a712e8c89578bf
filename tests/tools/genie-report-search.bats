#!/usr/bin/env bats
# genie-report: searches, as text, tables and pictures. tests/checks/search.json is the record of a search on
# the embedded workspace, without its texts.
load ../lib.bash
load genie-report.bash

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	folder
	mkdir w/searched
	record=w/searched/c-220.json
	echo '{"schema":"genie/patches/1","patches":[]}' >w/searched/c-220.patches.json
	cp "$ROOT/tests/checks/search.json" "$record"
}

report() { genie-report -q --html report.html -o report.md w; }
changed() { jq "$1" "$ROOT/tests/checks/search.json" >"$record"; }
# shown: the section of the page, one element a line
shown() { sed -n '/<h2 id="searches">/,/<\/section>/p' report.html | sed 's/></>\n</g'; }
# candidates: numbers of the rows of the tree, from above
candidates() { shown | sed -n 's/^<b>\([0-9]*\)<\/b>.*/\1/p' | xargs; }

@test "the fixture is a record as genie-propose writes it" {
	"$ROOT/tests/schema-check" "$ROOT/schemas/search.json" "$record"
}

@test "a search is told with its outcome, its budget, its candidates and its fronts" {
	report
	run -0 section Searches
	[[ $output == *'Candidate 3 against the space as it was, asked anew: **better**. Of 12 pairs of answers, 10 pass with the candidate alone and 0 without it alone: +83.3 points (+46.2 points to +95.3 points at 95 %; one-sided exact paired test by question: p = 0.031). So many pairs can show a gain of +71.0 points or more. It became patches of lever 6.'* ]]
	[[ $output == *'| the space as it was | 12 | 0 | 0 % | 0 to 24.25 % |'*'| candidate 1 (finalist) | 6 | 1 | 16.67 % | 3.01 to 56.35 % |'*'| candidate 3 (compared, proposed) | 12 | 10 | 83.33 % | 55.2 to 95.3 % |'* ]]
	[[ $output == *'Of 220 calls (questions to Genie) 214 were spent: 6 on the space as it was, 166 on 128 iterations, 42 on the comparison at the end, for which 48 were kept. Proposals came from a model. The search ended because the calls are spent.'* ]]
	[[ $output == *'| 1, finalist | 0 | 1 of 6 | 1 | 1 taken, 3 rejected, 1 refused, 4 idle | 1 | 12 |'* ]]
	[[ $output == *'| cost_001 | 3, 4 |'*'| cost_005 | 3 |'* ]]
}

@test "a folder without a search has no section of them, nor has one with a plan" {
	rm -r w/searched
	report
	[[ -z $(section Searches) ]]
	mkdir w/searched
	echo '{"schema":"genie/search/1","mode":"plan","train":1,"val":1}' >"$record"
	report
	[[ -z $(section Searches) ]]
}

@test "what is not shown is not claimed, neither in words nor in the picture" {
	changed '.final |= (.verdict = "not shown" | .p_value = 0.25 | .fixed = 2 | .neither = 10 | .gain_ci95 = [-0.1, 0.45]) | .shipped = null'
	report
	run -0 section Searches
	[[ $output == *'asked anew: **not shown**. Of 12 pairs'*'It was not proposed.'* ]]
	[[ $output != *'**better**'* ]]
	shown >page
	grep -q '<b>not shown</b>, the difference may be chance (p = 0.250)' page
	run ! grep -qE 'better,|beyond chance|class="ship"|rect class="up"|proposed</span>' page
	# the difference has the hollow mark, the last one of its picture
	sed -n '/<svg[^>]*fresh-1/,/<\/svg>/p' page | grep '<circle' | tail -n 1 | grep -q 'class="undone"'
}

@test "a comparison that could not be made, or had nobody to compare, is no comparison" {
	changed '.final |= (.pairs = 0 | .rounds = 0 | .fixed = 0 | .neither = 0 | .verdict = "not shown" | .p_value = 1 | .gain_ci95 = [-1, 1] | .finalists = [{candidate: 3, first_round: 0}]) | .shipped = null'
	report
	[[ $(section Searches) == *'**not shown**. No calls were left to ask both anew. It was not proposed.'* ]]
	run ! grep -q 'Asked anew' report.md
	run ! grep -q 'id="fresh-1-t"' report.html
	changed '.final |= (.chosen = null | .finalists = [] | .pairs = 0) | .shipped = null'
	report
	[[ $(section Searches) == *'there was nothing to compare'* ]]
	changed '.candidates = [] | .proposals = [] | .final |= (.chosen = null | .finalists = [] | .pairs = 0) | .shipped = null'
	report
	[[ $(section Searches) == *'could not be measured: nothing was searched.'* ]]
}

@test "the iteration that tried what a search proposed is named" {
	jq --slurpfile s "$record" '.search = $s[0]' w/iter-01/patches.json >p && mv p w/iter-01/patches.json
	report
	[[ $(section Searches) == *'It became patches of lever 6, which iteration 1 tried and kept.'* ]]
}

@test "the tree has every candidate below its parent, and says so in words" {
	changed '.candidates += [.candidates[1] | .parents = [0], .parents = [3, 4]]'
	report
	[ "$(candidates)" = "0 1 2 3 6 4 5" ]
	shown >page
	# the mark of 6 stands further to the right than that of 3, that of 5 as far as that of 1
	marks=$(sed -n '/<table class="tree">/,/<\/table>/p' page | sed -n 's/^<circle.* cx="\([0-9.]*\)".*r="[46].*/\1/p; s/^<path class="ship" d="M\([0-9.]*\) .*/\1/p' | xargs)
	[ "$marks" = "9.0 25.0 41.0 57.0 73.0 57.0 25.0" ]
	grep -q '<td>3 and 4</td>' <(tr -d '\n' <page)
	[ "$(grep -c '<path class="ship"' page)" -eq 2 ]
	grep -q '^<b>3</b> compared, proposed' page
}

@test "fronts show who answers what; questions that nobody answers are counted" {
	changed '.candidates[].val |= (. + {zero_1: 0, zero_2: 0})'
	report
	[[ $(section Searches) == *'(2 questions that nobody answers left out):'* ]]
	shown | tr -d '\n' >page
	grep -q '<th scope="row">cost_021</th><td class="f">✕<td class="f">✕<td class="p">✓<td class="f">✕<td class="p">✓<td class="text">2, 4</tr>' page
	run ! grep -q zero_1 page
}

@test "the budget is a bar in proportion" {
	report
	shown | sed -n '/<svg[^>]*calls-1/,/<\/svg>/p' | grep '<rect' | sed 's/.*class="\([a-z]*\)".* width="\([0-9.]*\)".*/\1 \2/' >parts
	# 408 units for 220 calls, one of them a gap: 6, 166, 42 and 6 calls
	printf '%s\n' 'start 10.1' 'whole 306.9' 'fresh 76.9' 'ghost 10.1' | diff - parts
	grep -q 'comparison 42,</span>' report.html
	grep -q '<title>Candidate 3: 5 of 6 val questions after 57 calls</title>' report.html
}

@test "a record that makes no sense is told as far as it goes" {
	changed '.candidates[1].parents = [7, -1, 1] | .candidates[2].parents = "x" | .proposals += [{"parent": 99, "fate": "admitted", "candidate": -4}, {"parent": -1}] | .final.chosen = 77 | .shipped = 78 | .final.finalists += [{"candidate": 80}] | .budget.calls = 0'
	report
	[ "$(candidates)" = "0 1 2 3 4" ]
	jq -c '{schema, tool, mode, space_id, config_id, train, val}' "$ROOT/tests/checks/search.json" >"$record"
	report
	[[ $(section Searches) == *'nothing was searched'* ]]
	# a hundred generations fit beside what is told of them
	changed '.candidates as $c | .candidates = [range(0; 100) as $i | $c[1] | .parents = (if $i == 0 then [] else [$i - 1] end)] | .final.chosen = null | .shipped = null'
	report
	[ "$(candidates | wc -w)" -eq 100 ]
	shown | grep -q '<svg class="small" width="198"'
	run ! grep -E '<svg class="small" width="(199|[2-9][0-9][0-9]|[0-9]{4})"' report.html
}
