/* queue.c: message queues. See mq_overview(7). */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "harness/base/text.h"
#include "mechanisms/mechanism.h"

#define MSG_MAX     "/proc/sys/fs/mqueue/msg_max"
#define MSGSIZE_MAX "/proc/sys/fs/mqueue/msgsize_max"

static void maxmsg_range(int64_t *least, int64_t *most)
{
	*least = 1;
	*most = text_file_number(MSG_MAX, 10);
}

static void msgsize_range(int64_t *least, int64_t *most)
{
	*least = 1;
	*most = text_file_number(MSGSIZE_MAX, 8192);
}

static const struct setting_spec settings[] = {
	{ .name = "mq.maxmsg",
		.unit = "messages",
		.says = "messages a queue holds (mq_maxmsg)",
		.limit = "fs.mqueue.msg_max",
		.standard = SETTING_UNSET,
		.range = maxmsg_range },
	{ .name = "mq.msgsize",
		.unit = "bytes",
		.says = "largest message (mq_msgsize); unset: what the sizes of the run need",
		.limit = "fs.mqueue.msgsize_max",
		.standard = SETTING_UNSET,
		.range = msgsize_range },
	{ .name = NULL },
};
enum { MAXMSG, MSGSIZE };

struct mq_shared {
	char name[2][LEDGER_NAME]; /* of the queue of each direction */
};

struct mq_own {
	mqd_t tx, rx;
	char *rx_bytes; /* room for mq_msgsize */
	bool is_attached;
	bool is_nonblocking;
};

/* What this system lets a queue be, where the run does not say. */
static void settle(struct channel *channel)
{
	int64_t *maxmsg = &channel->settings[MAXMSG];
	int64_t *msgsize = &channel->settings[MSGSIZE];
	bool is_chosen = *msgsize != SETTING_UNSET;
	int64_t least, most;

	if (*maxmsg == SETTING_UNSET) {
		*maxmsg = text_file_number("/proc/sys/fs/mqueue/msg_default", 10);
		maxmsg_range(&least, &most);
		if (*maxmsg > most)
			*maxmsg = most;
	}
	msgsize_range(&least, &most);
	if (is_chosen)
		most = *msgsize;
	else
		*msgsize = (int64_t)channel->size_max < most ? (int64_t)channel->size_max
							     : most;
	if ((int64_t)channel->size_max > most) {
		channel->size_max = (size_t)most;
		why_say(&channel->size_limit, 0,
			"a POSIX message queue takes at most %lld bytes a message (%s)",
			(long long)most,
			is_chosen ? "mq.msgsize" : "fs.mqueue.msgsize_max");
	}
}

static int mq_create(struct channel *channel)
{
	struct mq_shared *shared = channel->shared;
	struct mq_attr attr;

	settle(channel);
	attr = (struct mq_attr) { .mq_maxmsg = (long)channel->settings[MAXMSG],
		.mq_msgsize = (long)channel->settings[MSGSIZE] };
	for (unsigned side = 0; side < 2; side++) {
		int error = ledger_name(
			channel->ledger, LEDGER_MQ, shared->name[side], channel->why);
		mqd_t queue;

		if (error) {
			shared->name[side][0] = '\0';
			return error;
		}
		queue = mq_open(shared->name[side], O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC,
			0600, &attr);
		if (queue == (mqd_t)-1) {
			struct rlimit limit = { 0, 0 };

			error = why_say(channel->why, errno,
				"posix_mq: create a queue of %ld messages of %ld bytes",
				attr.mq_maxmsg, attr.mq_msgsize);
			getrlimit(RLIMIT_MSGQUEUE, &limit);
			why_add(channel->why,
				"RLIMIT_MSGQUEUE is %llu bytes, 'ulimit -q' sets it; "
				"fs.mqueue.queues_max is %lld queues",
				(unsigned long long)limit.rlim_cur,
				(long long)text_file_number(
					"/proc/sys/fs/mqueue/queues_max", -1));
			return error;
		}
		mq_close(queue);
	}
	return 0;
}

static int mq_attach(struct channel *channel)
{
	const struct mq_shared *shared = channel->shared;
	struct mq_own *own = channel->own;

	own->is_attached = true;
	own->tx = mq_open(shared->name[channel->side], O_WRONLY | O_CLOEXEC);
	own->rx = mq_open(shared->name[!channel->side], O_RDONLY | O_CLOEXEC);
	if (own->tx == (mqd_t)-1 || own->rx == (mqd_t)-1)
		return why_say(channel->why, errno, "posix_mq: open the queues");
	/* A receive that could not hold mq_msgsize is refused, whatever comes. */
	own->rx_bytes = (char *)channel->rx;
	if ((size_t)channel->settings[MSGSIZE] > channel->size_max)
		own->rx_bytes = malloc((size_t)channel->settings[MSGSIZE]);
	if (!own->rx_bytes)
		return why_say(channel->why, ENOMEM, "posix_mq: receive");
	return 0;
}

static int mq_send_one(struct channel *channel, size_t size)
{
	const struct mq_own *own = channel->own;

	while (mq_send(own->tx, (const char *)channel->tx, size, 0))
		if (errno != EINTR)
			return why_say(
				channel->why, errno, "posix_mq: send %zu bytes", size);
	return 0;
}

static int mq_recv_one(struct channel *channel, size_t size, const void **rx, size_t *len)
{
	const struct mq_own *own = channel->own;
	ssize_t got;

	(void)size;
	do {
		got = mq_receive(
			own->rx, own->rx_bytes, (size_t)channel->settings[MSGSIZE], NULL);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return why_say(channel->why, errno, "posix_mq: receive");
	*rx = own->rx_bytes;
	*len = (size_t)got;
	return 0;
}

static ssize_t mq_offer(struct channel *channel, const void *bytes, size_t size)
{
	struct mq_own *own = channel->own;
	const struct mq_attr nonblocking = { .mq_flags = O_NONBLOCK };

	if (!own->is_nonblocking && mq_setattr(own->tx, &nonblocking, NULL))
		return why_say(channel->why, errno, "posix_mq: set O_NONBLOCK");
	own->is_nonblocking = true;
	if (mq_send(own->tx, bytes, size, 0) == 0)
		return (ssize_t)size;
	if (errno == EAGAIN)
		return -EAGAIN;
	return why_say(channel->why, errno, "posix_mq: offer %zu bytes", size);
}

static void mq_detach(struct channel *channel)
{
	struct mq_shared *shared = channel->shared;
	struct mq_own *own = channel->own;

	if (own->is_attached) {
		if (own->tx != (mqd_t)-1)
			mq_close(own->tx);
		if (own->rx != (mqd_t)-1)
			mq_close(own->rx);
		if (own->rx_bytes != (char *)channel->rx)
			free(own->rx_bytes);
		return;
	}
	for (unsigned side = 0; side < 2; side++)
		if (shared->name[side][0])
			ledger_remove(channel->ledger, LEDGER_MQ, shared->name[side]);
}

const struct mechanism posix_mq_mechanism = {
	.name = "posix_mq",
	.title = "POSIX queue",
	.family = "queue",
	.cite = "mq_overview(7)",
	.says = "POSIX message queue, one a direction, one priority",
	.caps = CAP_PAYLOAD | CAP_BOUNDARIES | CAP_BLOCKS | CAP_POLLABLE |
		CAP_EXACT_CAPACITY | CAP_NAMED | CAP_UNRELATED,
	.tests = TESTS_CHANNEL,
	.settings = settings,
	.size_setting = "mq.maxmsg",
	.shared_size = sizeof(struct mq_shared),
	.own_size = sizeof(struct mq_own),
	.create = mq_create,
	.attach = mq_attach,
	.send = mq_send_one,
	.recv = mq_recv_one,
	.offer = mq_offer,
	.detach = mq_detach,
};
