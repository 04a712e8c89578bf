/* digest.h - SHA-256 and MD5 as lower-case hex (libmd).
 *
 * MD5 serves as a short name for results, not for security. Layer: data.
 */
#ifndef GENIE_DIGEST_H
#define GENIE_DIGEST_H

#include "base.h"

#define SHA256_HEX 65
#define MD5_HEX 33
const char *sha256_hex(const void *data, size_t n, char out[SHA256_HEX]);
const char *md5_hex(const void *data, size_t n, char out[MD5_HEX]);

/* Incremental SHA-256. Opaque; free with sha256_final. */
struct sha256;
struct sha256 *sha256_new(void);
void sha256_add(struct sha256 *sha, const void *data, size_t n);
void sha256_final(struct sha256 *sha, char out[SHA256_HEX]);

/* FNV-1a over the bytes: for hash tables and stable splits. */
uint64_t fnv1a(const void *data, size_t n);

#endif
