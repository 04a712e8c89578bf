#include "digest.h"

#include "mem.h"

#include <sys/types.h>

#include <md5.h>
#include <sha2.h>
#include <stdlib.h>

struct sha256 {
	SHA2_CTX ctx;
};

static void hex(const uint8_t *bytes, size_t n, char *out)
{
	static const char digit[] = "0123456789abcdef";
	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digit[bytes[i] >> 4];
		out[2 * i + 1] = digit[bytes[i] & 15];
	}
	out[2 * n] = '\0';
}

struct sha256 *sha256_new(void)
{
	struct sha256 *sha = xmalloc(sizeof *sha);
	SHA256Init(&sha->ctx);
	return sha;
}

void sha256_add(struct sha256 *sha, const void *data, size_t n)
{
	SHA256Update(&sha->ctx, data, n);
}

void sha256_final(struct sha256 *sha, char out[SHA256_HEX])
{
	uint8_t bytes[SHA256_DIGEST_LENGTH];
	SHA256Final(bytes, &sha->ctx);
	hex(bytes, sizeof bytes, out);
	free(sha);
}

const char *sha256_hex(const void *data, size_t n, char out[SHA256_HEX])
{
	struct sha256 *sha = sha256_new();
	sha256_add(sha, data, n);
	sha256_final(sha, out);
	return out;
}

const char *md5_hex(const void *data, size_t n, char out[MD5_HEX])
{
	uint8_t bytes[MD5_DIGEST_LENGTH];
	MD5_CTX ctx;
	MD5Init(&ctx);
	MD5Update(&ctx, data, n);
	MD5Final(bytes, &ctx);
	hex(bytes, sizeof bytes, out);
	return out;
}

uint64_t fnv1a(const void *data, size_t n)
{
	const unsigned char *p = data;
	uint64_t h = UINT64_C(14695981039346656037);
	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * UINT64_C(1099511628211);
	return h;
}
