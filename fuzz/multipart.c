/* A content type up to the first line end, then a body: what is found lies inside the body. */
#include "mem.h"
#include "serve.h"

#include <stdlib.h>
#include <string.h>

#include "../tools/genie-local/multipart.c" /* a tool's own, so not in the library */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *eol = size ? memchr(text, '\n', size) : NULL;
	size_t n = eol ? (size_t)(eol - text) : size;
	char *type = xstrndup(text, n), *body = xstrndup(text + n, size - n);
	const struct serve_pair header = { "Content-Type", type };
	const struct serve_request request = { .method = "POST", .path = "/", .headers = &header,
		.nheaders = 1, .body = body, .nbody = size - n };
	static const char *const names[] = { "content", "path", "" };

	for (size_t i = 0; i < countof(names); i++) {
		struct multipart_part part = { NULL, SIZE_MAX };
		if (!multipart_find(&request, names[i], &part))
			continue;
		if (!multipart_is(&request) || part.data < body ||
		    part.n > request.nbody - (size_t)(part.data - body))
			__builtin_trap();
	}
	free(type);
	free(body);
	return 0;
}
