#include "multipart.h"

#include "mem.h"
#include "serve.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

#define TYPE "multipart/form-data"
#define MAX_BOUNDARY 70 /* RFC 2046 */

/* A part of the body that is still to be read. */
struct rest {
	const char *at;
	size_t n;
};

static const char *find(const struct rest *rest, const char *text)
{
	size_t n = strlen(text);
	for (size_t i = 0; n <= rest->n && i <= rest->n - n; i++)
		if (rest->at[i] == *text && memcmp(rest->at + i, text, n) == 0)
			return rest->at + i;
	return NULL;
}

static void skip_to(struct rest *rest, const char *at)
{
	rest->n -= (size_t)(at - rest->at);
	rest->at = at;
}

bool multipart_is(const struct serve_request *request)
{
	const char *type = serve_header(request, "Content-Type");
	return type && starts_withi(type, TYPE);
}

/* "--" and the boundary; yours; NULL when the header names none. */
static char *delimiter(const struct serve_request *request)
{
	const char *type = serve_header(request, "Content-Type");
	const char *at = type && starts_withi(type, TYPE) ? stristr(type, "boundary=") : NULL;
	size_t n;
	if (!at)
		return NULL;
	at += strlen("boundary=");
	at += *at == '"';
	n = strcspn(at, "\"; \t");
	return n && n <= MAX_BOUNDARY ? xasprintf("--%.*s", (int)n, at) : NULL;
}

/* Does the part's head (up to the empty line) have name="NAME"? */
static bool has_name(const char *head, size_t n, const char *name)
{
	char *text = xstrndup(head, n), *want = xasprintf(" name=\"%s\"", name);
	const char *line = stristr(text, "Content-Disposition:");
	bool found = line && strstr(line, want);
	free(text);
	free(want);
	return found;
}

/* The next part; *named: it is the one. False at the end. */
static bool next_part(struct rest *rest, const char *line, const char *name, bool *named,
	struct multipart_part *part)
{
	const char *start = find(rest, line), *head, *end;
	char *closing;
	if (!start)
		return false;
	skip_to(rest, start + strlen(line));
	head = rest->at;
	start = find(rest, "\r\n\r\n");
	if (!start)
		return false;
	*named = has_name(head, (size_t)(start - head), name);
	skip_to(rest, start + 4);
	closing = xasprintf("\r\n%s", line);
	end = find(rest, closing);
	free(closing);
	if (!end)
		return false;
	*part = (struct multipart_part){ rest->at, (size_t)(end - rest->at) };
	skip_to(rest, end + 2);
	return true;
}

bool multipart_find(const struct serve_request *request, const char *name,
	struct multipart_part *part)
{
	struct rest rest = { request->body, request->nbody };
	char *line = delimiter(request);
	bool named = false, whole = line != NULL;
	while (whole && !named)
		whole = next_part(&rest, line, name, &named, part);
	free(line);
	return whole; /* the head of a part that has no end names nothing */
}
