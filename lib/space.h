/* space.h - a Genie Space as text: the `serialized_space` document.
 *
 * The configuration of a space is one JSON object, version 1 or 2:
 *
 *   version, config.sample_questions[], data_sources.{tables,metric_views}[],
 *   instructions.{text_instructions,example_question_sqls,sql_functions,
 *   join_specs}[], instructions.sql_snippets.{filters,expressions,measures}[],
 *   benchmarks.questions[]
 *
 * It comes plain, or wrapped in {title, description, warehouse_id, ...,
 * serialized_space: OBJECT or "JSON text"}, or as the snapshot of genie-fetch
 * ({..., config, config_raw}). Reading tells them apart and refuses what is no
 * Genie export. Nothing is dropped: unknown keys stay where they were, and
 * space_print gives the document back in its own wrapper.
 *
 * Rules and limits: spacecheck.h. Layer: domain.
 */
#ifndef GENIE_SPACE_H
#define GENIE_SPACE_H

#include "base.h"
#include "digest.h"
#include "err.h"

struct json;
struct str;

#define SPACE_MAX_FILE (16u << 20) /* bytes of an export that are read */
#define SPACE_ID_SIZE 33           /* 32 lower-case hex digits and NUL */
#define SPACE_CONFIG_ID_SIZE 13    /* 12 hex digits and NUL */

enum space_wrapper {
	SPACE_PLAIN,    /* the document is the configuration */
	SPACE_OBJECT,   /* {..., "serialized_space": {...}} */
	SPACE_STRING,   /* {..., "serialized_space": "{...}"} */
	SPACE_SNAPSHOT, /* {..., "config": {...}, "config_raw": "{...}"} of genie-fetch */
};

struct space {
	struct json *document; /* what was read, wrapper and all; owned */
	struct json *config;   /* the configuration; inside document, but for SPACE_STRING owned */
	enum space_wrapper wrapper;
	int version;           /* as read: 1 or 2; 0 when the document names none */
	/* Members of the wrapper, NULL when absent; borrowed from document. */
	const char *space_id, *title, *description, *warehouse_id, *parent_path, *etag;
	/* How the text was laid out, for writing it back. */
	int indent;            /* spaces of the first indented line; 0: one line */
	bool final_newline;
};

/* Reads an export of n bytes. `name` (a file name) is put before errors, which are
 * ERR_DATA: broken JSON with line and column, "not a Genie space export: ..." with
 * the reason. On failure *space is empty. */
bool space_parse(struct space *space, const char *text, size_t n, const char *name,
	struct err *err) MUST_CHECK;
/* The same from a file ("-" is standard input). Missing or unreadable: ERR_IO. */
bool space_load(struct space *space, const char *path, struct err *err) MUST_CHECK;
/* The same from a tree, of which a copy is kept. */
bool space_from_json(struct space *space, const struct json *document, const char *name,
	struct err *err) MUST_CHECK;
void space_free(struct space *space);

/* The document in its wrapper, with the changes made to config, its indentation and
 * its final newline (or none) as read. */
void space_print(const struct space *space, struct str *out);

/* What a workspace does with version 1: sets version 2, makes data_sources present,
 * renames get_example_values to enable_format_assistance and build_value_dictionary
 * to enable_entity_matching (where the new name is not there yet). Everything else
 * stays. True when something changed. */
bool space_migrate(struct json *config);

/* Sorts every array that a workspace wants sorted, stably, by bytes: tables and
 * metric_views by identifier, column_configs by column_name, parameters by name,
 * sql_functions by id then identifier, all else that has an id by id. True when
 * the order changed. */
bool space_sort(struct json *config);

struct space_counts {
	size_t tables, metric_views, functions;
	size_t instructions; /* slots: examples + functions + one for the text instruction */
	size_t examples, benchmarks;
	size_t joins, snippets, sample_questions;
};
void space_count(const struct json *config, struct space_counts *counts);

/* A new id of 32 hex digits: SHA-256 of the seed text, rehashed with a counter until
 * no id of config (may be NULL) equals it. The same input gives the same id. */
const char *space_new_id(const struct json *config, const char *seed, char out[SPACE_ID_SIZE]);
bool space_id_ok(const char *id); /* 32 lower-case hex digits */

/* Canonical text: arrays sorted as by space_sort, then json_canonical. */
void space_canonical(const struct json *config, struct str *out);
/* config_hash: SHA-256 over canonical config, a newline and canonical uc (NULL: only the
 * config and the newline). Its first 12 digits are the config_id. */
const char *space_hash(const struct json *config, const struct json *uc, char out[SHA256_HEX]);
const char *space_config_id(const char *hash, char out[SPACE_CONFIG_ID_SIZE]);

/* Does a person set this table property, so that it is part of the configuration? The engine keeps
 * others under names of its own ("delta.lastCommitTimestamp"), some of them anew at each write. */
bool space_property_counts(const char *name);

/* Looking into a configuration. NULL config and absent parts are fine. */

/* The entry of data_sources.tables or .metric_views with this identifier (ASCII case
 * ignored, as Unity Catalog does); *metric_view, when not NULL, tells which. */
struct json *space_table(const struct json *config, const char *identifier, bool *metric_view);
/* The column_configs entry of such an entry. */
struct json *space_column(const struct json *table, const char *column);
/* The array at a dotted path ("instructions.sql_functions"); made, with the objects
 * on the way, when `make` is set and nothing is there. NULL: absent, or no array. */
struct json *space_array(struct json *config, const char *dotted, bool make);
/* The member of an array whose id (or other key) is this text. */
struct json *space_member(const struct json *array, const char *key, const char *value);

/* Texts are arrays of strings that are joined without a separator; a bare string is
 * taken too. space_text appends to out. */
void space_text(const struct json *lines, struct str *out);
/* The reverse: an array with one string a line, each but the last ending in "\n". */
struct json *space_lines(const char *text);

/* Calls visit for every array that has an order (see space_sort) with its place and
 * its sort keys (key2 may be NULL). Used by sorting and checking. */
typedef void space_visit(struct json *array, const char *place, const char *key,
	const char *key2, void *context);
void space_each_array(struct json *config, space_visit *visit, void *context);

#endif
