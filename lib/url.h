/* url.h - what has to be known about a URL before a credential goes there.
 *
 * Reading is strict, so that no two parsers can see different hosts in one text: no
 * user name, blank, control character or backslash, and host names of letters, digits,
 * dots, dashes and underscores only (or an address in brackets). Layer: base.
 */
#ifndef GENIE_URL_H
#define GENIE_URL_H

#include "base.h"

struct str;

struct url {
	bool https;      /* else http */
	bool loopback;   /* 127.0.0.0/8, [::1], localhost */
	char *host;      /* lower-cased */
	char *authority; /* host, with the port when one is given */
	char *shown;     /* scheme, authority and path: without query and fragment */
};
/* False for all but absolute http and https URLs; *url is empty then. */
bool url_parse(struct url *url, const char *text) MUST_CHECK;
void url_free(struct url *url);

char *url_authority(const char *text);   /* new string or NULL */
bool url_is_loopback(const char *text);  /* false also for what is no URL */

/* Percent-encodes all but unreserved characters: a path segment or a query value. */
void url_escape(struct str *out, const char *s);
/* Standard base64. */
void base64_add(struct str *out, const void *data, size_t n);
/* The way back, appended. Line ends between the digits are passed over; false for all
 * else that is not base64, or is cut. */
bool base64_read(struct str *out, const char *text, size_t n) MUST_CHECK;

#endif
