/* Datagrams of UDP on the loopback interface. */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

#include "conformance/socket_help.h"

/* end[1] is connected to end[0], whose name is `address`. */
static void udp_pair(struct scene *scene, int end[2], struct address *address)
{
	*address = address_ipv4();
	end[0] = socket_bound(scene, SOCK_DGRAM, address);
	end[1] = socket_new(scene, AF_INET, SOCK_DGRAM);
	SETUP(scene, address_connect(end[1], address));
}

/* Nobody receives at this port, and nobody else can have it: its socket receives from
 * itself alone. */
static struct address deaf_port(struct scene *scene)
{
	struct address address = address_ipv4();
	int fd = socket_bound(scene, SOCK_DGRAM, &address);

	SETUP(scene, address_connect(fd, &address));
	return address;
}

static void boundaries_errors(struct scene *scene)
{
	static char large[65508];
	struct address address;
	int end[2], flags;
	char got[8];

	udp_pair(scene, end, &address);
	EXPECT_INT(scene, send(end[1], "abc", 3, 0), 3);
	EXPECT_INT(scene, send(end[1], "", 0, 0), 0);
	EXPECT_INT(scene, send(end[1], "defgh", 5, 0), 5);
	EXPECT_INT(scene, socket_receive(scene, end[0], got, 8, 0), 3);
	EXPECT_BYTES(scene, got, "abc", 3);
	EXPECT_INT(scene, socket_receive(scene, end[0], got, 8, 0), 0);
	EXPECT_INT(scene, socket_receive_flags(scene, end[0], got, 2, &flags), 2);
	EXPECT_BYTES(scene, got, "de", 2);
	EXPECT(scene, flags & MSG_TRUNC, "msg_flags 0x%x without MSG_TRUNC", flags);
	EXPECT_ERROR(scene, recv(end[0], got, 8, MSG_DONTWAIT), EAGAIN);
	EXPECT_ERROR(scene, send(end[1], large, sizeof large, 0), EMSGSIZE);
}

static void port_unreachable(struct scene *scene)
{
	struct address address = deaf_port(scene);
	int fd = socket_new(scene, AF_INET, SOCK_DGRAM);
	char byte;

	SETUP(scene, address_connect(fd, &address));
	EXPECT_INT(scene, send(fd, "x", 1, 0), 1);
	EXPECT_INT(scene, socket_await(scene, fd, POLLIN) & POLLERR, POLLERR);
	EXPECT_ERROR(scene, recv(fd, &byte, 1, MSG_DONTWAIT), ECONNREFUSED);
	EXPECT_ERROR(scene, recv(fd, &byte, 1, MSG_DONTWAIT), EAGAIN);
}

static void whole(struct scene *scene)
{
	struct address address;
	int end[2];

	udp_pair(scene, end, &address);
	socket_expect_whole(scene, (int[]) { end[1], end[0] }, (size_t)scene->number);
}

static void overflow_drops_silently(struct scene *scene)
{
	uint32_t number, sent = 0, got = 0, next = 0;
	struct address address;
	int end[2];
	ssize_t size;

	udp_pair(scene, end, &address);
	socket_set(scene, end[0], SOL_SOCKET, SO_RCVBUF, 4096);
	for (; sent < 2000; sent++)
		EXPECT_INT(scene, send(end[1], &sent, sizeof sent, 0), sizeof sent);
	while ((size = recv(end[0], &number, sizeof number, MSG_DONTWAIT)) > 0) {
		EXPECT_INT(scene, size, sizeof number);
		EXPECT(scene, number >= next && number < sent,
			"datagram %u after %u of %u", number, next, sent);
		next = number + 1;
		got++;
	}
	EXPECT_ERROR(scene, size, EAGAIN);
	note(scene, "%u of %u arrived", got, sent);
	EXPECT(scene, got > 0 && got < sent, "%u of %u arrived", got, sent);
}

static void no_eof_on_peer_close(struct scene *scene)
{
	struct address address;
	int end[2];
	char byte;

	udp_pair(scene, end, &address);
	close(end[0]);
	EXPECT_ERROR(scene, recv(end[1], &byte, 1, MSG_DONTWAIT), EAGAIN);
	EXPECT_INT(scene, socket_events(scene, end[1], POLLIN), 0);
}

static void source_filter(struct scene *scene)
{
	struct address address = address_ipv4(), peer = address_ipv4();
	int receiver = socket_bound(scene, SOCK_DGRAM, &address);
	int friend = socket_bound(scene, SOCK_DGRAM, &peer);
	int stranger = socket_new(scene, AF_INET, SOCK_DGRAM);
	struct address nothing = address_nothing();
	char got = 0;

	SETUP(scene, address_connect(receiver, &peer));
	SETUP(scene, address_send(stranger, "s", 1, 0, &address));
	SETUP(scene, address_send(friend, "f", 1, 0, &address));
	EXPECT_INT(scene, socket_receive(scene, receiver, &got, 1, 0), 1);
	EXPECT_BYTES(scene, &got, "f", 1);
	EXPECT_ERROR(scene, recv(receiver, &got, 1, MSG_DONTWAIT), EAGAIN);
	EXPECT_OK(scene, address_connect(receiver, &nothing));
	/* Linux frees the port together with the peer, unless it was asked for. */
	address = address_of(scene, receiver);
	if (address.in.sin_port == 0) {
		address = address_ipv4();
		SETUP(scene, address_bind(receiver, &address));
		address = address_of(scene, receiver);
	}
	SETUP(scene, address_send(stranger, "s", 1, 0, &address));
	EXPECT_INT(scene, socket_receive(scene, receiver, &got, 1, 0), 1);
	EXPECT_BYTES(scene, &got, "s", 1);
}

static void sender_name(struct scene *scene)
{
	struct address address, from = { .length = sizeof from.in }, name;
	int end[2];
	char byte = 0;

	udp_pair(scene, end, &address);
	SETUP(scene, send(end[1], "x", 1, 0));
	PROMISED(scene, "a datagram on the loopback interface");
	EXPECT_INT(scene, recvfrom(end[0], &byte, 1, 0, &from.any, &from.length), 1);
	arrived(scene);
	name = address_of(scene, end[1]);
	EXPECT_INT(scene, ntohs(from.in.sin_port), ntohs(name.in.sin_port));
	EXPECT_INT(scene, ntohl(from.in.sin_addr.s_addr), INADDR_LOOPBACK);
	EXPECT_INT(scene, address_send(end[0], "y", 1, 0, &from), 1);
	EXPECT_INT(scene, socket_receive(scene, end[1], &byte, 1, 0), 1);
	EXPECT_BYTES(scene, &byte, "y", 1);
}

static void trunc_length(struct scene *scene)
{
	struct address address;
	int end[2];
	char byte = 0;

	udp_pair(scene, end, &address);
	SETUP(scene, send(end[1], "abcde", 5, 0));
	EXPECT_INT(scene, socket_receive(scene, end[0], &byte, 1, MSG_TRUNC), 5);
	EXPECT_BYTES(scene, &byte, "a", 1);
}

static void peek(struct scene *scene)
{
	struct address address;
	int end[2];
	char got[4];

	udp_pair(scene, end, &address);
	SETUP(scene, send(end[1], "abc", 3, 0));
	EXPECT_INT(scene, socket_receive(scene, end[0], got, 4, MSG_PEEK), 3);
	EXPECT_INT(scene, recv(end[0], got, 4, MSG_DONTWAIT), 3);
	EXPECT_BYTES(scene, got, "abc", 3);
	EXPECT_ERROR(scene, recv(end[0], got, 4, MSG_DONTWAIT), EAGAIN);
}

static void addrinuse(struct scene *scene)
{
	struct address address = address_ipv4();
	int other = socket_new(scene, AF_INET, SOCK_DGRAM);

	socket_bound(scene, SOCK_DGRAM, &address);
	EXPECT(scene, address.in.sin_port != 0, "the port is 0");
	EXPECT_ERROR(scene, address_bind(other, &address), EADDRINUSE);
}

static void no_destination(struct scene *scene)
{
	int fd = socket_new(scene, AF_INET, SOCK_DGRAM);

	EXPECT_ERROR(scene, send(fd, "x", 1, 0), EDESTADDRREQ);
}

static void blocks(struct scene *scene)
{
	struct address address;
	int end[2];
	pid_t receiver;
	char byte = 0;

	udp_pair(scene, end, &address);
	receiver = scene_fork(scene);
	if (receiver == 0) {
		EXPECT_INT(scene, recv(end[0], &byte, 1, 0), 1);
		EXPECT_BYTES(scene, &byte, "x", 1);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, receiver, IN_RECV);
	SETUP(scene, send(end[1], "x", 1, 0));
	EXPECT_EXIT(scene, receiver, 0);
}

static const struct value sizes[] = {
	{ "0", 0 },
	{ "1", 1 },
	{ "1473", 1473 }, /* more than one frame of an Ethernet */
	{ "9000", 9000 },
	{ "65507", 65507 }, /* the most that a length of 16 bits can say */
	{ NULL, 0 },
};

static const struct check checks[] = {
	{ .id = "udp.boundaries_errors", .run = boundaries_errors, .needs = NEED_IPV4 },
	{ .id = "udp.overflow_drops_silently",
		.run = overflow_drops_silently,
		.needs = NEED_IPV4 },
	{ .id = "udp.no_eof_on_peer_close",
		.run = no_eof_on_peer_close,
		.needs = NEED_IPV4 },
	{ .id = "udp.source_filter", .run = source_filter, .needs = NEED_IPV4 },
	{ .id = "udp.port_unreachable", .run = port_unreachable, .needs = NEED_IPV4 },
	{ .id = "udp.whole", .run = whole, .needs = NEED_IPV4, .values = sizes },
	{ .id = "udp.sender_name", .run = sender_name, .needs = NEED_IPV4 },
	{ .id = "udp.trunc_length", .run = trunc_length, .needs = NEED_IPV4 },
	{ .id = "udp.peek", .run = peek, .needs = NEED_IPV4 },
	{ .id = "udp.addrinuse", .run = addrinuse, .needs = NEED_IPV4 },
	{ .id = "udp.no_destination", .run = no_destination, .needs = NEED_IPV4 },
	{ .id = "udp.blocks", .run = blocks, .needs = NEED_IPV4 | NEED_PROC },
	{ .id = NULL },
};

const struct suite udp_suite = { "udp", checks };
