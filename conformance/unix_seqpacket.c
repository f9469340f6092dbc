/* Sequenced packets of the UNIX domain: records over a connection. */
#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

#include "conformance/socket_help.h"

static void records_eof(struct scene *scene)
{
	int end[2], flags = 0;
	char got[8];

	socket_pair(scene, SOCK_SEQPACKET, end);
	EXPECT_INT(scene, send(end[0], "abc", 3, 0), 3);
	EXPECT_INT(scene, send(end[0], "defg", 4, 0), 4);
	EXPECT_INT(scene, send(end[0], "h", 1, 0), 1);
	EXPECT_INT(scene, socket_receive_flags(scene, end[1], got, 8, &flags), 3);
	EXPECT_INT(scene, flags & MSG_TRUNC, 0);
	EXPECT_INT(scene, socket_receive_flags(scene, end[1], got, 2, &flags), 2);
	EXPECT_BYTES(scene, got, "de", 2);
	EXPECT(scene, flags & MSG_TRUNC, "msg_flags 0x%x without MSG_TRUNC", flags);
	EXPECT_INT(scene, recv(end[1], got, 8, MSG_DONTWAIT), 1);
	EXPECT_BYTES(scene, got, "h", 1);
	close(end[0]);
	EXPECT_INT(scene, recv(end[1], got, 8, MSG_DONTWAIT), 0);
	EXPECT_ERROR(scene, send(end[1], "x", 1, MSG_NOSIGNAL), EPIPE);
}

static void msg_eor(struct scene *scene)
{
	int end[2], first, second, cut;
	char got[8];

	socket_pair(scene, SOCK_SEQPACKET, end);
	EXPECT_INT(scene, send(end[0], "abc", 3, 0), 3);
	EXPECT_INT(scene, send(end[0], "de", 2, MSG_EOR), 2);
	EXPECT_INT(scene, send(end[0], "fgh", 3, 0), 3);
	EXPECT_INT(scene, socket_receive_flags(scene, end[1], got, 8, &first), 3);
	EXPECT_INT(scene, socket_receive_flags(scene, end[1], got, 8, &second), 2);
	EXPECT_INT(scene, socket_receive_flags(scene, end[1], got, 1, &cut), 1);
	note(scene, "MSG_EOR %s set", first & MSG_EOR ? "is" : "is not");
	EXPECT_INT(scene, second & MSG_EOR, first & MSG_EOR);
	EXPECT_INT(scene, cut & MSG_EOR, 0);
}

/* A record in pieces is one record. */
static void gathered(struct scene *scene)
{
	char one[] = "ab", two[] = "cde";
	struct iovec pieces[] = { { one, 2 }, { two, 3 } };
	const struct msghdr message = { .msg_iov = pieces, .msg_iovlen = 2 };
	int end[2];
	char got[8];

	socket_pair(scene, SOCK_SEQPACKET, end);
	EXPECT_INT(scene, sendmsg(end[0], &message, 0), 5);
	EXPECT_INT(scene, recv(end[1], got, 8, MSG_DONTWAIT), 5);
	EXPECT_BYTES(scene, got, "abcde", 5);
}

static void connection(struct scene *scene)
{
	struct address address = address_path("socket");
	int listener = socket_listening(scene, SOCK_SEQPACKET, &address, 1);
	int end[2];
	char got[4];

	socket_connected(scene, listener, SOCK_SEQPACKET, &address, end);
	EXPECT_INT(scene, send(end[1], "ab", 2, 0), 2);
	EXPECT_INT(scene, send(end[1], "c", 1, 0), 1);
	EXPECT_INT(scene, socket_receive(scene, end[0], got, 4, 0), 2);
	EXPECT_INT(scene, send(end[0], "d", 1, 0), 1);
	EXPECT_INT(scene, socket_receive(scene, end[1], got, 4, 0), 1);
	EXPECT_BYTES(scene, got, "d", 1);
}

static void whole(struct scene *scene)
{
	int end[2];

	socket_pair(scene, SOCK_SEQPACKET, end);
	socket_expect_whole(scene, end, (size_t)scene->number);
}

static void zero_record(struct scene *scene)
{
	int end[2];
	char byte = 0;

	socket_pair(scene, SOCK_SEQPACKET, end);
	EXPECT_INT(scene, send(end[0], "", 0, 0), 0);
	EXPECT_INT(scene, send(end[0], "x", 1, 0), 1);
	EXPECT_INT(scene, recv(end[1], &byte, 1, MSG_DONTWAIT), 0);
	EXPECT_INT(scene, recv(end[1], &byte, 1, MSG_DONTWAIT), 1);
	EXPECT_BYTES(scene, &byte, "x", 1);
}

static const struct value sizes[] = {
	{ "1", 1 },
	{ "4096", 4096 },
	{ "65536", 65536 },
	{ NULL, 0 },
};

static const struct check checks[] = {
	{ .id = "unix.seqpacket.records_eof", .run = records_eof },
	{ .id = "unix.seqpacket.msg_eor", .run = msg_eor },
	{ .id = "unix.seqpacket.gathered", .run = gathered },
	{ .id = "unix.seqpacket.connection", .run = connection },
	{ .id = "unix.seqpacket.whole", .run = whole, .values = sizes },
	{ .id = "unix.seqpacket.zero_record", .run = zero_record },
	{ .id = NULL },
};

const struct suite unix_seqpacket_suite = { "unix_seqpacket", checks };
