/* peer.h - a scripted HTTP server on loopback, for the tests of clients.
 *
 * A child process answers each request with what `handler` returns (raw bytes of a
 * reply; NULL closes without a word, "hang" never answers) and writes the request to
 * a file that the test reads.
 */
#ifndef TESTS_PEER_H
#define TESTS_PEER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PEER_MAX 65536

/* n counts requests from 0. */
typedef const char *peer_handler(int n, const char *request);

struct peer {
	pid_t pid;
	int port;
	FILE *seen;
	char url[64];
	char text[PEER_MAX];
};

static inline size_t peer_read(int fd, char *buf)
{
	size_t n = 0, want = 0;

	while (n + 1 < PEER_MAX) {
		ssize_t got = read(fd, buf + n, PEER_MAX - 1 - n);
		char *end, *length;

		if (got <= 0)
			return 0;
		n += (size_t)got;
		buf[n] = '\0';
		end = strstr(buf, "\r\n\r\n");
		if (!end)
			continue;
		length = strstr(buf, "Content-Length: ");
		want = length && length < end ? (size_t)strtol(length + 16, NULL, 10) : 0;
		if (n >= (size_t)(end - buf) + 4 + want)
			return n;
	}
	return 0;
}

static inline void peer_serve(int listener, FILE *seen, peer_handler *handler)
{
	static char buf[PEER_MAX];

	signal(SIGPIPE, SIG_IGN);
	for (int n = 0;;) {
		int fd = accept(listener, NULL, NULL);
		size_t got = fd < 0 ? 0 : peer_read(fd, buf);
		const char *reply;

		if (got) {
			fwrite(buf, 1, got, seen);
			fputs("\n----\n", seen);
			fflush(seen);
			reply = handler(n++, buf);
			if (reply && strcmp(reply, "hang") == 0)
				sleep(30);
			else if (reply && write(fd, reply, strlen(reply)) < 0)
				_exit(1);
		}
		close(fd);
	}
}

static inline void peer_start(struct peer *peer, peer_handler *handler)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t size = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (listener < 0 || bind(listener, (struct sockaddr *)&at, sizeof(at)) ||
		listen(listener, 16) || getsockname(listener, (struct sockaddr *)&at, &size))
		abort();
	peer->port = ntohs(at.sin_port);
	snprintf(peer->url, sizeof(peer->url), "http://127.0.0.1:%d", peer->port);
	peer->seen = tmpfile();
	fflush(stdout);
	peer->pid = fork();
	if (peer->pid == 0)
		peer_serve(listener, peer->seen, handler);
	close(listener);
}

/* All requests so far, each followed by a line "----". */
static inline const char *peer_seen(struct peer *peer)
{
	ssize_t n = pread(fileno(peer->seen), peer->text, PEER_MAX - 1, 0);

	peer->text[n < 0 ? 0 : n] = '\0';
	return peer->text;
}

static inline int peer_count(struct peer *peer)
{
	int count = 0;

	for (const char *p = peer_seen(peer); (p = strstr(p, "\n----\n")); p++)
		count++;
	return count;
}

static inline void peer_stop(struct peer *peer)
{
	kill(peer->pid, SIGKILL);
	waitpid(peer->pid, NULL, 0);
	fclose(peer->seen);
}

#define PEER_JSON "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\n\r\n"
#define PEER_STATUS(status, headers, body) \
	"HTTP/1.1 " status " Words\r\nConnection: close\r\n" headers "\r\n" body

#endif
