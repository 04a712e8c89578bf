#include "url.h"

#include "mem.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
static const char BASE64[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static bool clean(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text <= ' ' || *text == 127 || *text == '\\')
			return false;
	return true;
}

/* Length of the host at the start of an authority; 0: not one. */
static size_t host_length(const char *s)
{
	size_t n;

	if (*s != '[')
		return strspn(s, LETTERS DIGITS ".-_");
	n = 1 + strspn(s + 1, "abcdefABCDEF" DIGITS ":.");
	return s[n] == ']' && n > 1 ? n + 1 : 0;
}

static bool port_ok(const char *s, size_t n)
{
	if (n == 0)
		return true;
	return s[0] == ':' && n >= 2 && n <= 6 && strspn(s + 1, DIGITS) >= n - 1 &&
		strtol(s + 1, NULL, 10) <= 65535;
}

static bool loopback_name(const char *host)
{
	if (starts_with(host, "127."))
		return strspn(host, DIGITS ".") == strlen(host);
	return streq(host, "localhost") || streq(host, "[::1]");
}

bool url_parse(struct url *url, const char *text)
{
	size_t scheme, host, whole;

	memset(url, 0, sizeof(*url));
	if (!text || !clean(text))
		return false;
	url->https = starts_withi(text, "https://");
	if (!url->https && !starts_withi(text, "http://"))
		return false;
	scheme = url->https ? 8 : 7;
	whole = strcspn(text + scheme, "/?#");
	host = host_length(text + scheme);
	if (!host || host > whole || !port_ok(text + scheme + host, whole - host)) {
		url->https = false;
		return false;
	}
	url->host = xstrndup(text + scheme, host);
	url->authority = xstrndup(text + scheme, whole);
	lower_ascii(url->host);
	lower_ascii(url->authority);
	url->loopback = loopback_name(url->host);
	url->shown = xstrndup(text, scheme + whole + strcspn(text + scheme + whole, "?#"));
	return true;
}

void url_free(struct url *url)
{
	free(url->host);
	free(url->authority);
	free(url->shown);
	memset(url, 0, sizeof(*url));
}

char *url_authority(const char *text)
{
	struct url url;
	char *out;

	if (!url_parse(&url, text))
		return NULL;
	out = url.authority;
	url.authority = NULL;
	url_free(&url);
	return out;
}

bool url_is_loopback(const char *text)
{
	struct url url;
	bool is = url_parse(&url, text) && url.loopback;

	url_free(&url);
	return is;
}

void url_escape(struct str *out, const char *s)
{
	for (; *s; s++)
		if (strchr(LETTERS DIGITS "-._~", *s))
			str_addc(out, *s);
		else
			str_addf(out, "%%%02X", (unsigned char)*s);
}

void base64_add(struct str *out, const void *data, size_t n)
{
	const char *digits = BASE64;
	const unsigned char *p = data;

	for (size_t i = 0; i < n; i += 3) {
		unsigned v = (unsigned)p[i] << 16;

		v |= i + 1 < n ? (unsigned)p[i + 1] << 8 : 0u;
		v |= i + 2 < n ? p[i + 2] : 0;
		str_addc(out, digits[v >> 18]);
		str_addc(out, digits[v >> 12 & 63]);
		str_addn(out, i + 1 < n ? &digits[v >> 6 & 63] : "=", 1);
		str_addn(out, i + 2 < n ? &digits[v & 63] : "=", 1);
	}
}

static int base64_digit(char c)
{
	const char *at = c ? strchr(BASE64, c) : NULL;

	return at ? (int)(at - BASE64) : -1;
}

bool base64_read(struct str *out, const char *text, size_t n)
{
	uint32_t bits = 0;
	size_t digits = 0, pads = 0;

	for (size_t i = 0; i < n; i++) {
		int digit = base64_digit(text[i]);

		if (text[i] == '\r' || text[i] == '\n')
			continue;
		if (text[i] == '=') {
			pads++;
			continue;
		}
		if (digit < 0 || pads)
			return false;
		bits = bits << 6 | (uint32_t)digit;
		if (digits++ % 4)
			str_addc(out, (char)(bits >> (6 - 2 * ((digits - 1) % 4)) & 0xff));
	}
	return digits % 4 == 0 ? !pads : digits % 4 != 1 && digits % 4 + pads == 4;
}
