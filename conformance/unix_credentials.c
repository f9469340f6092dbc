/* Who is at the other end of a UNIX socket. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "conformance/socket_help.h"

static struct ucred peer_of(struct scene *scene, int fd)
{
	struct ucred got = { .pid = -1 };
	socklen_t length = sizeof got;

	EXPECT_OK(scene, getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &got, &length));
	EXPECT_INT(scene, length, sizeof got);
	return got;
}

static void peercred_snapshot(struct scene *scene)
{
	struct address address = address_path("socket");
	int type = (int)scene->number;
	int listener = socket_listening(scene, type, &address, 1), fd;
	struct ucred peer;
	pid_t client = scene_fork(scene);

	if (client == 0) {
		fd = socket_new(scene, AF_UNIX, type);
		EXPECT_OK(scene, address_connect(fd, &address));
		_exit(0);
	}
	EXPECT_EXIT(scene, client, 0);
	fd = SETUP(scene, accept(listener, NULL, NULL));
	peer = peer_of(scene, fd);
	EXPECT_INT(scene, peer.pid, client);
	EXPECT_INT(scene, peer.uid, geteuid());
	EXPECT_INT(scene, peer.gid, getegid());
}

static void peercred_socketpair(struct scene *scene)
{
	struct ucred peer;
	int end[2];
	pid_t child;

	socket_pair(scene, (int)scene->number, end);
	EXPECT_INT(scene, peer_of(scene, end[0]).pid, getpid());
	child = scene_fork(scene);
	if (child == 0) {
		peer = peer_of(scene, end[1]);
		EXPECT_INT(scene, peer.pid, getppid());
		EXPECT_INT(scene, peer.uid, geteuid());
		_exit(0);
	}
	EXPECT_EXIT(scene, child, 0);
}

static void peercred_listener(struct scene *scene)
{
	struct address address = address_path("socket");
	int fd = socket_bound(scene, SOCK_STREAM, &address), client;
	pid_t server = scene_fork(scene);

	if (server == 0) {
		SETUP(scene, listen(fd, 1));
		_exit(0);
	}
	EXPECT_EXIT(scene, server, 0);
	client = socket_new(scene, AF_UNIX, SOCK_STREAM);
	SETUP(scene, address_connect(client, &address));
	EXPECT_INT(scene, peer_of(scene, client).pid, server);
}

static void peercred_setuid_after(struct scene *scene)
{
	struct address address = address_path("socket");
	int listener = socket_listening(scene, SOCK_STREAM, &address, 1), fd;
	pid_t client = scene_fork(scene);
	char byte;

	if (client == 0) {
		fd = socket_new(scene, AF_UNIX, SOCK_STREAM);
		SETUP(scene, address_connect(fd, &address));
		scene_become_nobody(scene);
		EXPECT_INT(scene, send(fd, "x", 1, 0), 1);
		pause();
	}
	fd = SETUP(scene, accept(listener, NULL, NULL));
	SETUP(scene, socket_receive(scene, fd, &byte, 1, 0));
	EXPECT_INT(scene, peer_of(scene, fd).uid, 0);
	EXPECT_INT(scene, peer_of(scene, fd).gid, getegid());
	scene_end(scene, client);
}

static void peercred_read_only(struct scene *scene)
{
	const struct ucred mine = { .pid = 1 };
	int end[2];

	socket_pair(scene, SOCK_STREAM, end);
	EXPECT_ERROR(scene,
		setsockopt(end[0], SOL_SOCKET, SO_PEERCRED, &mine, sizeof mine),
		ENOPROTOOPT);
}

union control {
	struct cmsghdr header; /* for its alignment */
	char bytes[CMSG_SPACE(sizeof(struct ucred))];
};

static ssize_t send_as(int fd, const struct ucred *who)
{
	char byte = 'x';
	struct iovec piece = { .iov_base = &byte, .iov_len = 1 };
	union control control;
	const struct msghdr message = { .msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof control.bytes };

	memset(&control, 0, sizeof control);
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_CREDENTIALS;
	control.header.cmsg_len = CMSG_LEN(sizeof *who);
	memcpy(CMSG_DATA(&control.header), who, sizeof *who);
	return sendmsg(fd, &message, 0);
}

/* Receives up to 8 bytes, and who sent them; a pid of -1 when that is not said. */
static ssize_t receive_from(struct scene *scene, int fd, struct ucred *who)
{
	char bytes[8];
	struct iovec piece = { .iov_base = bytes, .iov_len = sizeof bytes };
	union control control;
	struct msghdr message = { .msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof control.bytes };
	const struct cmsghdr *header;
	ssize_t got;

	*who = (struct ucred) { .pid = -1 };
	PROMISED(scene, "a message with credentials");
	got = recvmsg(fd, &message, 0);
	arrived(scene);
	header = CMSG_FIRSTHDR(&message);
	if (got > 0 && header && header->cmsg_type == SCM_CREDENTIALS)
		memcpy(who, CMSG_DATA(header), sizeof *who);
	return got;
}

/* The value: which of the three is forged. */
enum part { PART_PID, PART_UID, PART_GID };

static void forge_eperm(struct scene *scene)
{
	struct ucred who = { .pid = -1 };
	int end[2];
	pid_t child;

	socket_pair(scene, SOCK_STREAM, end);
	socket_set(scene, end[1], SOL_SOCKET, SO_PASSCRED, 1);
	child = scene_fork(scene);
	if (child == 0) {
		if (geteuid() == 0)
			scene_become_nobody(scene);
		who = (struct ucred) { getpid(), geteuid(), getegid() };
		EXPECT_INT(scene, send_as(end[0], &who), 1);
		if (scene->number == PART_PID)
			who.pid = getppid();
		else if (scene->number == PART_UID)
			who.uid = 0;
		else
			who.gid = 0;
		EXPECT_ERROR(scene, send_as(end[0], &who), EPERM);
		_exit(0);
	}
	EXPECT_EXIT(scene, child, 0);
	EXPECT_INT(scene, receive_from(scene, end[1], &who), 1);
	EXPECT_INT(scene, who.pid, child);
	EXPECT_INT(scene, recv(end[1], &who, 1, MSG_DONTWAIT), -1);
}

static void privileged(struct scene *scene)
{
	const struct ucred other = { getpid(), 12345, 54321 };
	struct ucred who;
	int end[2];

	scene_need_ids(scene, other.uid, other.gid);
	socket_pair(scene, SOCK_STREAM, end);
	socket_set(scene, end[1], SOL_SOCKET, SO_PASSCRED, 1);
	EXPECT_INT(scene, send_as(end[0], &other), 1);
	EXPECT_INT(scene, receive_from(scene, end[1], &who), 1);
	EXPECT_INT(scene, who.uid, other.uid);
	EXPECT_INT(scene, who.gid, other.gid);
}

static void no_such_process(struct scene *scene)
{
	struct ucred who = { 0, geteuid(), getegid() };
	int end[2];
	pid_t gone = scene_fork(scene);

	if (gone == 0)
		_exit(0);
	EXPECT_EXIT(scene, gone, 0);
	who.pid = gone;
	socket_pair(scene, SOCK_STREAM, end);
	EXPECT_INT(scene, send_as(end[0], &who), -1);
	EXPECT(scene, errno == ESRCH || errno == EPERM,
		"errno %d, neither ESRCH nor EPERM", errno);
}

static void auto_with_passcred(struct scene *scene)
{
	struct ucred who;
	int end[2];
	pid_t child;

	socket_pair(scene, (int)scene->number, end);
	EXPECT_INT(scene, send(end[0], "x", 1, 0), 1);
	EXPECT_INT(scene, receive_from(scene, end[1], &who), 1);
	EXPECT_INT(scene, who.pid, -1);
	socket_set(scene, end[1], SOL_SOCKET, SO_PASSCRED, 1);
	child = scene_fork(scene);
	if (child == 0) {
		EXPECT_INT(scene, send(end[0], "x", 1, 0), 1);
		_exit(0);
	}
	EXPECT_EXIT(scene, child, 0);
	EXPECT_INT(scene, receive_from(scene, end[1], &who), 1);
	EXPECT_INT(scene, who.pid, child);
	EXPECT_INT(scene, who.uid, getuid());
	EXPECT_INT(scene, who.gid, getgid());
}

/* Bytes of two senders do not come in one call. */
static void barrier(struct scene *scene)
{
	struct ucred who;
	int end[2];
	pid_t child;

	socket_pair(scene, SOCK_STREAM, end);
	socket_set(scene, end[1], SOL_SOCKET, SO_PASSCRED, 1);
	SETUP(scene, send(end[0], "ab", 2, 0));
	SETUP(scene, send(end[0], "c", 1, 0));
	child = scene_fork(scene);
	if (child == 0) {
		SETUP(scene, send(end[0], "de", 2, 0));
		_exit(0);
	}
	EXPECT_EXIT(scene, child, 0);
	EXPECT_INT(scene, receive_from(scene, end[1], &who), 3);
	EXPECT_INT(scene, who.pid, getpid());
	EXPECT_INT(scene, receive_from(scene, end[1], &who), 2);
	EXPECT_INT(scene, who.pid, child);
}

static const struct value parts[] = {
	{ "pid", PART_PID },
	{ "uid", PART_UID },
	{ "gid", PART_GID },
	{ NULL, 0 },
};

static const struct check checks[] = {
	{ .id = "unix.peercred.snapshot",
		.run = peercred_snapshot,
		.values = socket_connection_types },
	{ .id = "unix.peercred.socketpair",
		.run = peercred_socketpair,
		.values = socket_types },
	{ .id = "unix.peercred.listener", .run = peercred_listener },
	{ .id = "unix.peercred.setuid_after",
		.run = peercred_setuid_after,
		.needs = NEED_ROOT },
	{ .id = "unix.peercred.read_only", .run = peercred_read_only },
	{ .id = "unix.scm_creds.forge_eperm", .run = forge_eperm, .values = parts },
	{ .id = "unix.scm_creds.privileged", .run = privileged, .needs = NEED_ROOT },
	{ .id = "unix.scm_creds.no_such_process", .run = no_such_process },
	{ .id = "unix.scm_creds.auto_with_passcred",
		.run = auto_with_passcred,
		.values = socket_types },
	{ .id = "unix.scm_creds.barrier", .run = barrier },
	{ .id = NULL },
};

const struct suite unix_credentials_suite = { "unix_credentials", checks };
