/* queue_sysv.c: System V message queues. See sysvipc(7), msgop(2). */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/msg.h>

#include "harness/base/text.h"
#include "mechanisms/mechanism.h"

#define MSGMAX_FILE "/proc/sys/kernel/msgmax"
#define MSGMNB_FILE "/proc/sys/kernel/msgmnb"
/* What Linux has had since 2.6.30 where /proc cannot be asked. */
#define MSGMAX_USUAL 8192
#define MSGMNB_USUAL 16384

static void qbytes_range(int64_t *least, int64_t *most)
{
	*least = 256; /* less holds nothing that is worth sending */
	*most = text_file_number(MSGMNB_FILE, MSGMNB_USUAL);
}

static const struct setting_spec settings[] = {
	{ .name = "sysv_msg.qbytes",
		.unit = "bytes",
		.says = "bytes a queue holds (msg_qbytes)",
		.limit = "kernel.msgmnb",
		.standard = SETTING_UNSET,
		.range = qbytes_range },
	{ .name = NULL },
};
enum { QBYTES };

struct msg_shared {
	struct {
		int id;
		bool is_made;
	} queues[2]; /* of each direction */
};

/* msgop(2): the type stands before the text, in one piece. */
struct message {
	long type;
	unsigned char text[];
};

struct msg_own {
	struct message *tx, *rx;
	size_t size; /* of each of the two */
	int tx_id, rx_id;
};

static int set_qbytes(struct channel *channel, int id)
{
	int64_t *wanted = &channel->settings[QBYTES];
	struct msqid_ds queue;

	if (msgctl(id, IPC_STAT, &queue))
		return why_say(channel->why, errno, "sysv_msg: look at the queue");
	if (*wanted == SETTING_UNSET) {
		*wanted = (int64_t)queue.msg_qbytes;
		return 0;
	}
	queue.msg_qbytes = (msglen_t)*wanted;
	if (msgctl(id, IPC_SET, &queue)) {
		int error = why_say(channel->why, errno,
			"sysv_msg: set the capacity to %lld bytes", (long long)*wanted);

		why_add(channel->why, "kernel.msgmnb is %lld bytes",
			(long long)text_file_number(MSGMNB_FILE, -1));
		return error;
	}
	return 0;
}

static void limit_size(struct channel *channel)
{
	int64_t most = text_file_number(MSGMAX_FILE, MSGMAX_USUAL);
	int64_t qbytes = channel->settings[QBYTES];

	if (most <= qbytes && (int64_t)channel->size_max > most) {
		channel->size_max = (size_t)most;
		why_say(&channel->size_limit, 0,
			"a System V message queue takes at most %lld bytes a message "
			"(kernel.msgmax)",
			(long long)most);
	} else if ((int64_t)channel->size_max > qbytes) {
		channel->size_max = (size_t)qbytes;
		why_say(&channel->size_limit, 0,
			"a message must fit the queue (sysv_msg.qbytes is %lld bytes, at "
			"most kernel.msgmnb)",
			(long long)qbytes);
	}
}

static int msg_create(struct channel *channel)
{
	struct msg_shared *shared = channel->shared;

	for (unsigned side = 0; side < 2; side++) {
		int error = ledger_sysv(channel->ledger, LEDGER_SYSV_MSG, 0,
			&shared->queues[side].id, channel->why);

		if (error)
			return error;
		shared->queues[side].is_made = true;
		error = set_qbytes(channel, shared->queues[side].id);
		if (error)
			return error;
	}
	limit_size(channel);
	return 0;
}

static struct message *map_message(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

/* Messages are written where their type stands before them, so that none is copied on its
 * way to the kernel. */
static int msg_attach(struct channel *channel)
{
	const struct msg_shared *shared = channel->shared;
	struct msg_own *own = channel->own;

	own->tx_id = shared->queues[channel->side].id;
	own->rx_id = shared->queues[!channel->side].id;
	own->size = sizeof(struct message) + channel->size_max;
	own->tx = map_message(own->size);
	own->rx = map_message(own->size);
	if (!own->tx || !own->rx)
		return why_say(channel->why, ENOMEM, "sysv_msg: map two messages");
	own->tx->type = 1;
	channel->tx = own->tx->text;
	return 0;
}

static int msg_send(struct channel *channel, size_t size)
{
	const struct msg_own *own = channel->own;

	while (msgsnd(own->tx_id, own->tx, size, 0))
		if (errno != EINTR)
			return why_say(
				channel->why, errno, "sysv_msg: send %zu bytes", size);
	return 0;
}

static int msg_recv(struct channel *channel, size_t size, const void **rx, size_t *len)
{
	const struct msg_own *own = channel->own;
	ssize_t got;

	do {
		got = msgrcv(own->rx_id, own->rx, size, 0, 0);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return why_say(channel->why, errno, "sysv_msg: receive");
	*rx = own->rx->text;
	*len = (size_t)got;
	return 0;
}

static ssize_t msg_offer(struct channel *channel, const void *bytes, size_t size)
{
	const struct msg_own *own = channel->own;

	if (bytes != own->tx->text)
		memcpy(own->tx->text, bytes, size);
	while (msgsnd(own->tx_id, own->tx, size, IPC_NOWAIT)) {
		if (errno == EAGAIN)
			return -EAGAIN;
		if (errno != EINTR)
			return why_say(
				channel->why, errno, "sysv_msg: offer %zu bytes", size);
	}
	return (ssize_t)size;
}

static void msg_detach(struct channel *channel)
{
	struct msg_own *own = channel->own;

	if (own->tx)
		munmap(own->tx, own->size);
	if (own->rx)
		munmap(own->rx, own->size);
	own->tx = own->rx = NULL;
}

/* A queue that is removed is gone at once for whoever uses it. */
static void msg_remove(struct channel *channel)
{
	struct msg_shared *shared = channel->shared;

	for (unsigned side = 0; side < 2; side++)
		if (shared->queues[side].is_made)
			ledger_remove_sysv(channel->ledger, LEDGER_SYSV_MSG,
				shared->queues[side].id);
}

const struct mechanism sysv_msg_mechanism = {
	.name = "sysv_msg",
	.title = "System V queue",
	.family = "queue",
	.cite = "msgop(2)",
	.says = "System V message queue, one a direction, one type",
	.caps = CAP_PAYLOAD | CAP_BOUNDARIES | CAP_BLOCKS | CAP_EXACT_CAPACITY |
		CAP_NAMED | CAP_UNRELATED,
	.tests = TESTS_CHANNEL,
	.settings = settings,
	.size_setting = "sysv_msg.qbytes",
	.shared_size = sizeof(struct msg_shared),
	.own_size = sizeof(struct msg_own),
	.create = msg_create,
	.attach = msg_attach,
	.send = msg_send,
	.recv = msg_recv,
	.offer = msg_offer,
	.detach = msg_detach,
	.remove = msg_remove,
};
