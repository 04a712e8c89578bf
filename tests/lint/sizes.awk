# Prints what is over a ceiling, one a line, without the figures: "FILE lines",
# "FILE: FUNCTION lines", "FILE: FUNCTION parameters", "FILE columns".
# A function begins with a name and "(" in the first column and its body is between braces in
# the first column, as everywhere here.
function ends() { if (rows > 600) print path " lines" }
function columns(s, n, i) {
	n = 0
	if (s !~ /\t/)
		return length(s)
	for (i = 1; i <= length(s); i++)
		n = substr(s, i, 1) == "\t" ? n - n % 8 + 8 : n + 1
	return n
}
FNR == 1 { ends(); path = FILENAME; head = ""; inside = 0; wide = 0 }
{ rows = FNR }
!wide && length($0) > 60 && columns($0) > 100 { print path " columns"; wide = 1 }
/^[A-Za-z_].*\(/ && !inside { head = $0; next }
/^\{/ && head != "" && !inside {
	inside = 1
	start = FNR
	name = head
	sub(/\(.*/, "", name)
	sub(/.*[ *]/, "", name)
	list = head
	if (gsub(/,/, ",", list) > 5)
		print path ": " name " parameters"
	next
}
/^\}/ {
	if (inside && FNR - start - 1 > 60)
		print path ": " name " lines"
	inside = 0
	head = ""
	next
}
!inside && /^[ \t]/ && head != "" { head = head $0 }
END { ends() }
