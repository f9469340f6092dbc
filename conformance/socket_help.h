/* socket_help.h: sockets with their names, for the suites about sockets. What fails here
 * is set-up, unless a function says otherwise. */
#ifndef IPCMARK_SOCKET_HELP_H
#define IPCMARK_SOCKET_HELP_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "conformance/calls.h"
#include "conformance/check.h"

/* Values of checks that hold for several types of socket. */
extern const struct value socket_types[]; /* stream, dgram, seqpacket */
extern const struct value socket_connection_types[]; /* stream, seqpacket */
extern const struct value socket_record_types[]; /* dgram, seqpacket */

/* A pair of AF_UNIX; skips where the system has not this type, which POSIX permits of
 * SOCK_SEQPACKET. */
void socket_pair(struct scene *scene, int type, int end[2]);

/* One socket; `domain` and `type` as of socket(2). Skips as socket_pair() does. */
int socket_new(struct scene *scene, int domain, int type);

/* What of the data is there is received, which is promised: as recv(2). */
ssize_t socket_receive(struct scene *scene, int fd, void *buffer, size_t size, int flags);

/* One message, by recvmsg(2); `flags` are those of the message. */
ssize_t socket_receive_flags(
	struct scene *scene, int fd, void *buffer, size_t size, int *flags);

/* A message of `size` bytes goes from end[0] to end[1] as it is. */
void socket_expect_whole(struct scene *scene, const int end[2], size_t size);

/* Waits for the poll(2) events, which is promised; returns those that came. */
int socket_await(struct scene *scene, int fd, int events);

/* The events that poll(2) shows now. */
int socket_events(struct scene *scene, int fd, int events);

/* Sends until it would block, `size` bytes at a time (at most 64 KiB); how many bytes. */
int64_t socket_fill(struct scene *scene, int fd, size_t size);

/* Receives all that is there, until it would block; how many bytes. */
int64_t socket_drain(struct scene *scene, int fd);

void socket_set(struct scene *scene, int fd, int level, int option, int value);
int socket_get(struct scene *scene, int fd, int level, int option);

/* -- Names. ---------------------------------------------------------------------------
 */

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_un un;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	};
	socklen_t length;
};

struct address address_path(const char *path);
struct address address_abstract(void); /* unpredictable */
struct address address_ipv4(void); /* the loopback interface, port 0 */
struct address address_ipv6(void);
struct address address_nothing(void); /* AF_UNSPEC */

/* bind(2), connect(2) and sendto(2). */
int address_bind(int fd, const struct address *address);
int address_connect(int fd, const struct address *address);
ssize_t address_send(
	int fd, const void *data, size_t size, int flags, const struct address *address);

/* The name of a socket, and that of its peer. */
struct address address_of(struct scene *scene, int fd);
struct address address_of_peer(struct scene *scene, int fd);

/* A socket bound to the address, where a port of 0 becomes the one that was chosen. */
int socket_bound(struct scene *scene, int type, struct address *address);

/* Likewise, listening. TCP: with SO_REUSEADDR. */
int socket_listening(struct scene *scene, int type, struct address *address, int backlog);

/* end[0] is accepted by the listener, end[1] is connected to it. */
void socket_connected(struct scene *scene, int listener, int type,
	const struct address *address, int end[2]);

/* A connection of TCP on the loopback interface. */
void socket_tcp(struct scene *scene, int end[2]);

#endif
