# Prints C sources as FILE:LINE:CODE with comments removed and the contents of string
# and character literals emptied, so that a search finds code only.
FNR == 1 { comment = 0 }
{
	out = ""
	rest = $0
	while (rest != "") {
		if (comment) {
			at = index(rest, "*/")
			if (at == 0)
				break
			rest = substr(rest, at + 2)
			comment = 0
			continue
		}
		if (!match(rest, /["']|\/\*|\/\//)) {
			out = out rest
			break
		}
		token = substr(rest, RSTART, RLENGTH)
		out = out substr(rest, 1, RSTART - 1)
		rest = substr(rest, RSTART + RLENGTH)
		if (token == "//")
			break
		if (token == "/*") {
			comment = 1
			out = out " "
		} else {
			literal = token == "\"" ? "^([^\"\\\\]|\\\\.)*\"" : "^([^'\\\\]|\\\\.)*'"
			if (!match(rest, literal))
				break
			rest = substr(rest, RLENGTH + 1)
			out = out token token
		}
	}
	print FILENAME ":" FNR ":" out
}
