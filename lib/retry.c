#include "retry.h"

#include "clock.h"
#include "str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_MS 86400000LL

bool retry_idempotent(const char *method)
{
	static const char *const methods[] = { "GET", "HEAD", "PUT", "DELETE" };

	for (size_t i = 0; i < countof(methods); i++)
		if (streq(method, methods[i]))
			return true;
	return false;
}

/* Messages by which the service marks an error as passing, whatever its status.
 * Source: databricks-sdk-py _base_client.py, databricks-sdk-go apierr. */
static bool transient_text(const char *body)
{
	static const char *const texts[] = {
		"UnknownWorkerEnvironmentException",
		"does not have any associated worker environments",
		"There is no worker environment with id",
		"Unknown worker environment",
		"ClusterNotReadyException",
		"Unexpected error",
		"Please try again later or try a faster operation.",
		"RPC token bucket limit has been exceeded",
		"Timed out after ",
		"deadline exceeded",
	};

	if (!body)
		return false;
	for (size_t i = 0; i < countof(texts); i++)
		if (strstr(body, texts[i]))
			return true;
	return false;
}

bool retry_reply(const char *method, int status, const char *body)
{
	if (status == 429 || status == 503)
		return true;
	if (status < 400 || !retry_idempotent(method))
		return false;
	if (status == 500 || status == 502 || status == 504)
		return true;
	return transient_text(body);
}

uint64_t retry_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

int64_t retry_wait_ms(int64_t base_ms, int nth, uint64_t *state)
{
	int64_t wait = base_ms < 1 ? 1 : base_ms;

	for (int i = 1; i < nth && wait < RETRY_MAX_WAIT_MS; i++)
		wait *= 2;
	if (wait > RETRY_MAX_WAIT_MS)
		wait = RETRY_MAX_WAIT_MS;
	return wait / 2 + (int64_t)(retry_random(state) % (uint64_t)(wait - wait / 2 + 1));
}

/* "Wed, 21 Oct 2015 07:28:00 GMT" (RFC 9110 5.6.7; the two obsolete forms are
 * not sent by anyone we talk to). */
static bool http_date(const char *value, int64_t *ms)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	char month[4], zone[4];
	int day, year, hour, minute, second, end = 0;
	const char *found;

	if (sscanf(value, "%*3s, %2d %3s %4d %2d:%2d:%2d %3s%n", &day, month, &year, &hour,
		    &minute, &second, zone, &end) != 7 || value[end] || strlen(month) != 3)
		return false;
	found = strstr(months, month);
	if (!found || (found - months) % 3 || !streq(zone, "GMT"))
		return false;
	if (day < 1 || day > 31 || hour < 0 || hour > 23 || minute < 0 || minute > 59)
		return false;
	*ms = date_from_civil(year, (int)(found - months) / 3 + 1, day) * DAY_MS +
		((hour * 60LL + minute) * 60 + second) * 1000;
	return true;
}

int64_t retry_after_ms(const char *value, int64_t now_ms)
{
	char *end;
	double seconds;
	int64_t at, wait;

	if (!value || !*value)
		return -1;
	if (strspn(value, "0123456789.") == strlen(value)) {
		seconds = strtod(value, &end);
		if (*end)
			return -1;
		return seconds >= 86400 ? DAY_MS : (int64_t)(seconds * 1000);
	}
	if (!http_date(value, &at))
		return -1;
	wait = at - now_ms;
	return wait < 0 ? 0 : wait > DAY_MS ? DAY_MS : wait;
}
