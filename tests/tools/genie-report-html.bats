load ../lib.bash
load genie-report.bash

setup() { cd "$BATS_TEST_TMPDIR" || return; }

# page [OPTION...]: the page of the folder, in report.html
page() { genie-report -q --html report.html -o report.md "$@" w; }

# data: what the cells of the matrix hold, as JSON
data() { sed -n '/id="cells">/,/<\/script>/p' report.html | sed -e 's/.*id="cells">//' -e 's/<\/script>.*//'; }

# answer ID SQL [RATIONALE]: a failing row whose expected SQL is SELECT 1
answer() {
	jq -nc --arg id "$1" --arg sql "$2" --arg why "${3:-}" '{question_id:$id, question:("question "+$id), priority:"P1",
		outcome:"fail", iteration:0, expected_sql:"SELECT 1", genie_sql:$sql, latency_ms:3498,
		comparison:{verdict:"value_mismatch", gt_rows:1, genie_rows:610, diff:"value_mismatch: 610 rows, expected 1"},
		judges:{result_correctness:{value:"no",source:"code",rationale:$why,asi:{failure_type:"wrong_filter"}}}}'
}

@test "--html writes the page beside the report, both from the same folder" {
	folder
	genie-report -q -o alone.md w
	page
	cmp alone.md report.md
	genie-report -q --format html -o other.html w
	cmp report.html other.html
	grep -q '<title>Genie Space optimization: Cost | &lt;b&gt;and&lt;/b&gt; usage</title>' report.html
	# every section of the Markdown report is a section of the page
	[ "$(grep -c '^## ' report.md)" -eq "$(grep -c '<section aria-labelledby' report.html)" ]
	grep -q '<h2 id="what-was-changed">What was changed</h2>' report.html
	grep -q '<a href="#what-was-changed">' report.html
	page
	cmp report.html other.html
}

@test "the page needs nothing else and forbids every request" {
	folder
	page
	run ! grep -nEi '(src|href)="?(https?:)?//|url\(|@import|<link [^>]*stylesheet|<iframe|<img|fetch\(|XMLHttp' report.html
	run ! grep -nE ' style=| on[a-z]+="' report.html
	grep -q "Content-Security-Policy.*default-src 'none'" report.html
	# what the policy allows is what is there
	local part
	for part in style script; do
		python3 - "$part" <<-'END'
			import base64, hashlib, re, sys
			text = open("report.html", encoding="utf-8").read()
			content = re.findall(f"<{sys.argv[1]}>(.*?)</{sys.argv[1]}>", text, re.S)
			assert len(content) == 1, len(content)
			digest = base64.b64encode(hashlib.sha256(content[0].encode()).digest()).decode()
			assert f"{sys.argv[1]}-src 'sha256-{digest}'" in text, digest
		END
	done
}

@test "the page shows the figures with what the evidence says of them" {
	folder
	page
	[ "$(grep -o '<svg viewBox[^>]*role="img"' report.html | wc -l)" -eq 4 ]
	grep -q '<title id="accuracy-t">Accuracy by iteration</title><desc id="accuracy-d">From 53.85 % at the baseline to 76.92 % in the live configuration' report.html
	grep -q '<title>Iteration 1: 76.92 %, 95 % interval 49.74 to 91.82 %</title>' report.html
	grep -q '<title>Iteration 2: 69.23 %.*, rolled back</title>' report.html
	# a kept gain that may be noise is not drawn like one that is none, nor is one that was undone
	grep -q '<rect class="maybe"' report.html
	grep -q '<rect class="ghost"' report.html
	run ! grep -q '<rect class="up"' report.html
	grep -A1 '<dt>Change since baseline' report.html | grep -q '+23.1 points</strong> <span>undecidable, p = 0.250'
}

@test "a cell has both SQL texts, verdicts and rationale; texts are kept once" {
	mkdir w
	{
		answer a 'SELECT 2' 'one row too many'
		answer b 'SELECT 2' 'one row too many'
		rows c:pass
	} | evaluation 00
	session
	page
	data | jq -e '.ids == ["a","b","c"] and (.texts | map(select(. == "SELECT 2" or . == "one row too many" or . == "SELECT 1")) | length) == 3'
	data | jq -e '.texts as $t | .judges as $j | .cells[0] | .[0] == 0 and .[1] == 0 and (.[2]
		| $t[.e] == "SELECT 1" and $t[.s] == "SELECT 2" and $t[.n] == "1 row expected, 610 rows from Genie" and $t[.t] == "3.5 s"
		  and ([$j[.v[0][0]], $t[.v[0][1]], $t[.v[0][2]], $t[.v[0][3]]] == ["result_correctness","no","one row too many","wrong_filter"]))'
	grep -q '<tr data-q="0" data-is="failing never"><th scope="row">a</th>' report.html
	grep -q '<tr data-q="2" data-is=""><th scope="row">c</th>' report.html
}

@test "what the deployed space answers stands last in matrix and figure, apart from the iterations" {
	folder
	page
	run ! grep -q 'deployed</th>\|<rect class="deployed"' report.html
	line=$(grep -o '<path class="line" d="[^"]*"' report.html | head -n 1)
	mkdir w/final
	# shellcheck disable=SC2046
	rows q0:pass:P0 $(many 1 8 pass) $(many 9 12 fail) >w/final/post_deploy.jsonl
	genie-score -q -o w/final/post_deploy.json w/final/post_deploy.jsonl
	echo '{"schema":"genie/deploy/1","status":"DISCREPANCY"}' >w/final/deploy.json
	page
	grep -q '<th scope="col" class="it">2 <small>undone</small></th><th scope="col" class="it">deployed</th>' report.html
	grep -q '<th scope="row">q9</th><td class="f">✕<td class="p">✓<td class="p">✓<td class="f">✕<td class="text">' report.html
	data | jq -e '.iterations[-1] == "after the deployment" and (.iterations | length) == 4 and ([.cells[] | select(.[1] == 3)] | length) == 13'
	grep -q '<title>After the deployment: 69.23 %, 95 % interval' report.html
	[ "$(grep -o '<rect class="deployed"' report.html | wc -l)" -eq 1 ]
	grep -q 'to 76.92 % in the live configuration, and 69.23 % after the deployment' report.html
	# the line of the iterations has as many points as before
	[ "$(grep -o '<path class="line" d="[^"]*"' report.html | head -n 1 | tr -cd ML)" = "$(tr -cd ML <<<"$line")" ]
	grep -A1 '<dt>Deployment' report.html | grep -q 'see to it</strong> <span>69.23&nbsp;% when asked again'
	[[ $(section Summary) == *'The deployment ended with DISCREPANCY; asked again, the deployed space comes to 69.23 %.'* ]]
	[[ $(section "Question by question") == *'| 2 (rolled back) | deployed |'*'| q9 |'*'| FAIL | pass | pass | FAIL |'* ]]
}

@test "the first figures say what was kept, and what to do follows them" {
	folder
	page
	grep -A1 '<dt>Changes kept' report.html | grep -q '1 of 2</strong> <span>1 of them undecidable'
	[ "$(grep '^## ' report.md | sed -n 2p)" = '## Next steps' ]
}

@test "nothing from the data becomes markup or ends the script" {
	local evil=$'</script><script>alert(1)</script><!-- <img src=x onerror=alert(2)> " \' & \u2028 \u202e Größe 数量 \\ ${catalog}'
	mkdir w
	answer "$evil" "$evil" "$evil" | jq -c --arg e "$evil" '.question = $e | .category = $e | .split = "train" | .comparison.diff = $e' | evaluation 00
	jq -n --arg e "$evil" '{space_id:$e, title:$e}' >w/iter-00/space.json
	session
	page
	# the only elements that the data stand near are ours
	[ "$(grep -o '<script' report.html | wc -l)" -eq 2 ]
	[ "$(grep -o '</script' report.html | wc -l)" -eq 2 ]
	run ! grep -q '<img\|<!--' report.html
	grep -q '&lt;/script&gt;&lt;script&gt;alert(1)' report.html
	data | jq -e --arg e "$evil" '.ids == [$e] and (.texts | index($e) != null)'
	run ! grep -q $'\u2028' <(data)
	python3 - <<-'END'
		from html.parser import HTMLParser
		void = {"meta", "link", "br", "input"}
		class Page(HTMLParser):
		    open, seen = [], set()
		    def handle_starttag(self, tag, attributes):
		        self.seen.add(tag)
		        assert not [a for a, _ in attributes if a.startswith("on")], attributes
		        if tag not in void and tag not in ("td",):
		            self.open.append(tag)
		    def handle_startendtag(self, tag, attributes):
		        self.seen.add(tag)
		    def handle_endtag(self, tag):
		        if tag != "td":
		            assert self.open.pop() == tag, (tag, self.getpos())
		page = Page()
		page.feed(open("report.html", encoding="utf-8").read())
		assert not page.open, page.open
		assert "img" not in page.seen and "table" in page.seen
	END
}

@test "control characters, long texts and lists of accepted SQL are shown as far as HTML can" {
	mkdir w
	answer a "$(printf 'SELECT %9000s' x)" $'bell \a end' | jq -c '.expected_sql = ["SELECT 1", "SELECT 01"]' | evaluation 00
	session
	page
	data | jq -e '.texts | index("SELECT 1\n-- or\nSELECT 01") != null'
	data | jq -e '.texts | map(select(startswith("SELECT  ") and endswith("..."))) | map(length) == [8003]'
	run ! grep -q $'\a' report.html
}

@test "a folder in which nothing was measured gives a page that says so" {
	mkdir w
	page
	grep -q 'Nothing has been measured yet' report.html
	[ "$(grep -o '<script' report.html | wc -l)" -eq 1 ]
}

@test "without its page there is no report, and a broken artifact gives neither" {
	folder
	run -74 --separate-stderr genie-report --html nowhere/report.html -o report.md w
	[ ! -e report.md ]
	echo '{' >w/iter-01/eval.json
	run -65 --separate-stderr genie-report --html report.html -o report.md w
	[ ! -e report.md ] && [ ! -e report.html ]
}
