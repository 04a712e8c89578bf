/* ini.h - the INI form of ~/.databrickscfg.
 *
 * Sections in brackets, `key = value` (or `key: value`) lines, comment lines
 * that start with # or ;. A comment after a value needs a space before its sign, so
 * values may hold either. Keys are compared without case, section names with it.
 * Keys before the first section belong to "DEFAULT". Sections do not inherit.
 * Layer: data.
 */
#ifndef GENIE_INI_H
#define GENIE_INI_H

#include "base.h"
#include "err.h"

#define INI_MAX_BYTES (1u << 20)

struct ini;
/* n bytes; `name` for errors ("NAME:LINE: ...", ERR_DATA). */
struct ini *ini_parse(const char *text, size_t n, const char *name, struct err *err) MUST_CHECK;
void ini_free(struct ini *ini);
bool ini_has(const struct ini *ini, const char *section);
size_t ini_count(const struct ini *ini, const char *section); /* keys in it */
/* Borrowed; NULL when absent. The last of repeated keys counts. */
const char *ini_get(const struct ini *ini, const char *section, const char *key);
size_t ini_sections(const struct ini *ini);
const char *ini_section(const struct ini *ini, size_t index); /* in file order */

#endif
