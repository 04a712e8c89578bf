/* dbxint.h - what the three files behind dbx.h share: dbxconf.c resolves the
 * attributes, dbxauth.c turns them into an Authorization header, dbx.c calls.
 * Nobody else includes it. Layer: domain.
 */
#ifndef GENIE_DBXINT_H
#define GENIE_DBXINT_H

#include "dbx.h"

/* DBX_OPEN is never chosen: it is what a server without credentials has. */
enum dbx_strategy {
	DBX_PAT, DBX_BASIC, DBX_M2M, DBX_CLI, DBX_NSTRATEGIES,
	DBX_OPEN = DBX_NSTRATEGIES
};

struct dbx {
	struct http *http;
	struct http *auth_http; /* token calls: waited for even while `http` runs callbacks */
	char *attr[DBX_NATTRS];
	char *profile;
	enum dbx_strategy strategy;
	char *authorization;    /* "Authorization: ..." or NULL: not made yet */
	char *access_token;     /* of M2M and the CLI, for masking; NULL: none */
	int64_t renew_ms;       /* monotonic: a new token is needed from then on; 0: never */
	char *token_endpoint;   /* M2M, once discovered */
};

/* Fills attr, profile and strategy. */
bool dbx_resolve(struct dbx *dbx, const struct dbx_options *options, struct err *err) MUST_CHECK;
bool dbx_resolve_server(struct dbx *dbx, const struct dbx_server *server, struct err *err)
	MUST_CHECK;
const char *dbx_strategy_name(enum dbx_strategy strategy);
/* "https://HOST[:PORT]" of any spelling; takes ?o= as workspace id into *workspace
 * (new string, only when found). New string. */
char *dbx_normal_host(const char *text, char **workspace);

/* Makes sure that dbx->authorization is there and fresh. */
bool dbx_authorize(struct dbx *dbx, struct err *err) MUST_CHECK;
/* Replaces secrets in err->text. Returns false. */
bool dbx_mask_err(const struct dbx *dbx, struct err *err);

#endif
