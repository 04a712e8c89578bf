#include "job.h"

#include "artifact.h"
#include "clock.h"
#include "digest.h"
#include "io.h"
#include "json.h"
#include "mem.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

/* ---- secrets ---- */

#define MAX_SECRETS 12
#define SHORTEST_SECRET 6 /* a shorter one would blank out ordinary words */
static const char *secrets[MAX_SECRETS];
static size_t nsecrets;

void job_secret(const char *secret)
{
	if (secret && strlen(secret) >= SHORTEST_SECRET && nsecrets < MAX_SECRETS)
		secrets[nsecrets++] = secret;
}

void job_mask(struct str *text)
{
	for (size_t i = 0; i < nsecrets; i++) {
		size_t from = 0;
		const char *at;

		while ((at = strstr(str_text(text) + from, secrets[i]))) {
			from = (size_t)(at - str_text(text));
			str_splice(text, from, strlen(secrets[i]), "***", 3);
			from += 3;
		}
	}
}

/* ---- making ---- */

void job_init(struct job *job, const char *verb, int64_t at_ms, const char *uri,
	const char *host)
{
	char now[CLOCK_RFC3339_SIZE];

	*job = (struct job){ .document = json_new_object() };
	json_set_str(job->document, "schema", "genie/spool/1");
	json_set_str(job->document, "verb", verb);
	json_set_str(job->document, "uuid", "");
	json_set_str(job->document, "at", clock_rfc3339(at_ms, now));
	json_set_str(job->document, "uri", uri);
	if (host)
		json_set_str(job->document, "host", host);
	json_set(job->document, "args", json_new_object());
	json_set(job->document, "inputs", json_new_object());
}

void job_free(struct job *job)
{
	json_free(job->document);
	free(job->path);
	*job = (struct job){ 0 };
}

void job_set(struct job *job, const char *name, const char *value)
{
	struct str text = STR_INIT;

	if (!value || !*value)
		return;
	str_add(&text, value);
	job_mask(&text);
	json_set_str(json_get(job->document, "args"), name, str_text(&text));
	str_free(&text);
}

void job_set_int(struct job *job, const char *name, int64_t value)
{
	json_set_int(json_get(job->document, "args"), name, value);
}

void job_set_list(struct job *job, const char *name, const struct strlist *list)
{
	struct json *out = list->n ? json_new_array() : NULL;

	for (size_t i = 0; i < list->n; i++) {
		struct str text = STR_INIT;

		str_add(&text, list->v[i]);
		job_mask(&text);
		json_push_str(out, str_text(&text));
		str_free(&text);
	}
	if (out)
		json_set(json_get(job->document, "args"), name, out);
}

void job_set_input(struct job *job, const char *name, const char *text, size_t n)
{
	struct str copy;

	str_init(&copy, JOB_MAX_INPUT);
	str_addn(&copy, text, n);
	job_mask(&copy);
	json_set(json_get(job->document, "inputs"), name, json_new_strn(str_text(&copy), copy.n));
	str_free(&copy);
}

bool job_read(struct job *job, const char *name, const char *path, struct err *err)
{
	struct str text;
	bool ok;

	str_init(&text, JOB_MAX_INPUT);
	ok = io_read_file(path, &text, err);
	if (ok && memchr(str_text(&text), '\0', text.n))
		ok = err_set(err, ERR_DATA, "%s: not a text", path);
	if (ok && !utf8_valid(str_text(&text), text.n))
		ok = err_set(err, ERR_DATA, "%s: not UTF-8", path);
	if (ok)
		job_set_input(job, name, str_text(&text), text.n);
	str_free(&text);
	return ok;
}

void job_seal(struct job *job, const char *given, bool timed)
{
	struct sha256 *sha = sha256_new();
	struct str text;
	char hex[SHA256_HEX];

	str_init(&text, JOB_MAX_INPUT * 4ull);
	str_addf(&text, "%s\n%s\n%s\n", job_verb(job), json_str_or(job->document, "uri", ""),
		json_str_or(job->document, "host", ""));
	if (timed)
		str_addf(&text, "%s\n", json_str_or(job->document, "at", ""));
	json_canonical(json_get(job->document, "args"), &text);
	json_canonical(json_get(job->document, "inputs"), &text);
	sha256_add(sha, str_text(&text), text.n);
	sha256_final(sha, hex);
	hex[JOB_UUID_SIZE - 1] = '\0';
	json_set_str(job->document, "uuid", given ? given : hex);
	str_free(&text);
}

/* ---- asking ---- */

const char *job_verb(const struct job *job)
{
	return json_str_or(job->document, "verb", "");
}

const char *job_uuid(const struct job *job)
{
	return json_str_or(job->document, "uuid", "");
}

int64_t job_at(const struct job *job)
{
	int64_t ms = 0;

	return clock_parse(json_str_or(job->document, "at", ""), &ms) ? ms : 0;
}

const char *job_arg(const struct job *job, const char *name)
{
	return json_str_or(json_get(job->document, "args"), name, NULL);
}

int64_t job_int(const struct job *job, const char *name, int64_t other)
{
	return json_int_or(json_get(job->document, "args"), name, other);
}

const char *job_input(const struct job *job, const char *name)
{
	return json_str_or(json_get(job->document, "inputs"), name, NULL);
}

size_t job_input_size(const struct job *job, const char *name)
{
	const char *text = job_input(job, name);

	return text ? strlen(text) : 0;
}

struct json *job_document(const struct job *job, const char *name, const char *kinds,
	struct err *err)
{
	const char *text = job_input(job, name);
	struct json *document;

	if (!text)
		return NULL;
	document = json_parse(text, strlen(text), err);
	if (!document) {
		err_wrap(err, "%s", name);
		return NULL;
	}
	if (kinds && !artifact_is(document, name, kinds, err)) {
		json_free(document);
		return NULL;
	}
	return document;
}
