/* A call that is waited for. */
#include "http.h"

#include <string.h>

struct sync {
	struct http_response *response;
	struct err *err;
	bool ok, done;
};

static void sync_done(void *ctx, struct http_response *response, const struct err *err)
{
	struct sync *sync = ctx;

	sync->done = true;
	sync->ok = response != NULL;
	if (response) {
		*sync->response = *response;
		memset(response, 0, sizeof(*response));
	} else {
		*sync->err = *err;
	}
}

bool http_call(struct http *http, const struct http_request *request,
	struct http_response *response, struct err *err)
{
	struct sync sync = { response, err, false, false };

	memset(response, 0, sizeof(*response));
	http_send(http, request, sync_done, &sync);
	http_run(http, &sync.done);
	return sync.ok;
}
