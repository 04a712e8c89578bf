/* multipart.h - bodies of type multipart/form-data (RFC 7578). */
#ifndef GENIE_LOCAL_MULTIPART_H
#define GENIE_LOCAL_MULTIPART_H

#include "base.h"

struct serve_request;

/* Borrowed from the request's body. */
struct multipart_part {
	const char *data;
	size_t n;
};
bool multipart_is(const struct serve_request *request);
/* The first part with this name; false: none, or the body is broken before it. */
bool multipart_find(const struct serve_request *request, const char *name,
	struct multipart_part *part);

#endif
