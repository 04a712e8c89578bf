/* tablelog.c - see tablelog.h. */
#include "tablelog.h"

#include "mem.h"

#include <stdlib.h>

void tableuse_free(struct tableuse *use)
{
	strlist_free(&use->read);
	strlist_free(&use->written);
}

static size_t place_of(const struct tablelog *log, const char *name)
{
	size_t i = 0;
	while (i < log->names.n && !streq(log->names.v[i], name))
		i++;
	return i;
}

void tablelog_ran(struct tablelog *log, const struct tableuse *use)
{
	for (size_t i = 0; i < use->written.n; i++) {
		size_t at = place_of(log, use->written.v[i]);
		if (at == log->names.n) {
			strlist_add(&log->names, use->written.v[i]);
			log->writes = xrealloc(log->writes, log->names.n * sizeof(*log->writes));
			log->writes[at] = 0;
		}
		log->writes[at]++;
	}
}

void tablelog_undone(struct tablelog *log)
{
	log->undone++;
}

int64_t tablelog_version(const struct tablelog *log, const struct tableuse *use)
{
	int64_t version = log->undone;
	for (size_t i = 0; i < use->read.n; i++) {
		size_t at = place_of(log, use->read.v[i]);
		version += at < log->names.n ? log->writes[at] : 0;
	}
	return version;
}

void tablelog_free(struct tablelog *log)
{
	strlist_free(&log->names);
	free(log->writes);
	*log = (struct tablelog){ 0 };
}
