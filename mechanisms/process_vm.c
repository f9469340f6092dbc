/* process_vm.c: the kernel copies a message from the memory of one process into that of
 * the other: the receiver fetches it (process_vm_readv) or the sender delivers it
 * (process_vm_writev). See process_vm_readv(2).
 *
 * The calls tell nobody; what has been sent and what has been released is counted in
 * shared memory, and whoever finds nothing to do sleeps on a futex. A direction has SLOTS
 * places for messages, in the sender's memory or in the receiver's. */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mechanisms/gate.h"
#include "mechanisms/peer.h"

#define SLOTS 4

/* One a direction. */
struct lane {
	_Alignas(64) _Atomic uint64_t sent;
	uint64_t lengths[SLOTS];
	uint64_t address; /* of the slots, in the process whose memory it is */
	struct gate filled; /* the receiver waits here */
	_Alignas(64) _Atomic uint64_t released;
	struct gate drained; /* the sender waits here */
};

struct vm_shared {
	struct lane lanes[2];
	uint64_t stride; /* from slot to slot */
	_Atomic pid_t sides[2];
};

struct vm_own {
	struct lane *tx, *rx;
	unsigned char *slots; /* of the direction whose slots are in this process */
	uint64_t stride, sent, received;
	pid_t peer;
};

static int vm_create(struct channel *channel)
{
	struct vm_shared *shared = channel->shared;
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	shared->stride = (channel->size_max + page - 1) / page * page;
	return 0;
}

/* Slots of this process, for the direction that side `sender` sends in. */
static int vm_attach(struct channel *channel, unsigned sender)
{
	struct vm_shared *shared = channel->shared;
	struct vm_own *own = channel->own;
	size_t size = SLOTS * (size_t)shared->stride;

	own->stride = shared->stride;
	own->tx = &shared->lanes[channel->side];
	own->rx = &shared->lanes[!channel->side];
	own->slots = mmap(
		NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (own->slots == MAP_FAILED) {
		own->slots = NULL;
		return why_say(channel->why, errno, "%s: map the slots",
			channel->mechanism->name);
	}
	/* Here, on this side's node. */
	memset(own->slots, 0, size);
	shared->lanes[sender].address = (uint64_t)(uintptr_t)own->slots;
	peer_let_in();
	atomic_store(&shared->sides[channel->side], getpid());
	return 0;
}

static int attach_sender(struct channel *channel)
{
	return vm_attach(channel, channel->side);
}

static int attach_receiver(struct channel *channel)
{
	return vm_attach(channel, !channel->side);
}

static void vm_detach(struct channel *channel)
{
	struct vm_own *own = channel->own;

	if (own->slots)
		munmap(own->slots, SLOTS * (size_t)own->stride);
	own->slots = NULL;
}

/* A number, as the peer published it: only the kernel ever follows it. */
static unsigned char *slot_at(uint64_t address, uint64_t stride, uint64_t number)
{
	/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
	return (unsigned char *)(uintptr_t)(address + number % SLOTS * stride);
}

/* One copy, in one piece: the kernel splits only where an address is bad. */
static int transfer(struct channel *channel, pid_t peer, void *here, void *there,
	size_t size, bool is_write)
{
	const struct iovec local = { here, size }, remote = { there, size };
	const char *what = is_write ? "write to" : "read from";
	ssize_t done = is_write ? process_vm_writev(peer, &local, 1, &remote, 1, 0)
				: process_vm_readv(peer, &local, 1, &remote, 1, 0);
	int error = done < 0 ? errno : EFAULT;

	if (done == (ssize_t)size)
		return 0;
	error = why_say(channel->why, error, "%s: %s process %d, %zu bytes",
		channel->mechanism->name, what, (int)peer, size);
	peer_add_limit(channel->why, -error);
	return error;
}

/* Tries the call now, so that what forbids it is said before anything is measured. */
static int vm_ready(struct channel *channel, uint64_t address, bool is_write)
{
	const struct vm_shared *shared = channel->shared;
	struct vm_own *own = channel->own;
	unsigned char byte = 0;

	own->peer = atomic_load(&shared->sides[!channel->side]);
	return transfer(channel, own->peer, &byte, slot_at(address, 0, 0), 1, is_write);
}

static int ready_read(struct channel *channel)
{
	const struct vm_own *own = channel->own;

	return vm_ready(channel, own->rx->address, false);
}

static int ready_write(struct channel *channel)
{
	const struct vm_own *own = channel->own;

	return vm_ready(channel, own->tx->address, true);
}

static void await(struct channel *channel, struct gate *gate,
	const _Atomic uint64_t *count, uint64_t least)
{
	while (atomic_load_explicit(count, memory_order_acquire) < least) {
		futex_prepare(gate);
		if (atomic_load_explicit(count, memory_order_acquire) >= least)
			futex_cancel(gate);
		else
			futex_commit(gate, channel);
	}
}

/* Waits until the slot of the next message is this side's again. */
static void await_slot(struct channel *channel)
{
	struct vm_own *own = channel->own;

	if (own->sent >= SLOTS)
		await(channel, &own->tx->drained, &own->tx->released,
			own->sent + 1 - SLOTS);
}

static void publish(struct vm_own *own, size_t size)
{
	own->tx->lengths[own->sent % SLOTS] = size;
	atomic_store_explicit(&own->tx->sent, ++own->sent, memory_order_release);
	futex_notify(&own->tx->filled);
}

/* Waits for the next message. */
static int arrival(struct channel *channel, size_t size, size_t *len)
{
	struct vm_own *own = channel->own;

	await(channel, &own->rx->filled, &own->rx->sent, own->received + 1);
	*len = (size_t)own->rx->lengths[own->received % SLOTS];
	if (*len > size)
		return why_say(channel->why, EPROTO,
			"%s: %zu bytes arrived where at most %zu were expected",
			channel->mechanism->name, *len, size);
	return 0;
}

static int vm_release(struct channel *channel)
{
	struct vm_own *own = channel->own;

	atomic_store_explicit(&own->rx->released, ++own->received, memory_order_release);
	futex_notify(&own->rx->drained);
	return 0;
}

static int readv_reserve(struct channel *channel, size_t size, void **tx)
{
	const struct vm_own *own = channel->own;

	(void)size;
	await_slot(channel);
	*tx = own->slots + own->sent % SLOTS * own->stride;
	return 0;
}

static int readv_send(struct channel *channel, size_t size)
{
	publish(channel->own, size);
	return 0;
}

static int readv_recv(struct channel *channel, size_t size, const void **rx, size_t *len)
{
	const struct vm_own *own = channel->own;
	int error = arrival(channel, size, len);

	if (error)
		return error;
	*rx = channel->rx;
	return transfer(channel, own->peer, channel->rx,
		slot_at(own->rx->address, own->stride, own->received), *len, false);
}

static int writev_send(struct channel *channel, size_t size)
{
	struct vm_own *own = channel->own;
	int error;

	await_slot(channel);
	error = transfer(channel, own->peer, channel->tx,
		slot_at(own->tx->address, own->stride, own->sent), size, true);
	if (!error)
		publish(own, size);
	return error;
}

static int writev_recv(struct channel *channel, size_t size, const void **rx, size_t *len)
{
	const struct vm_own *own = channel->own;

	*rx = own->slots + own->received % SLOTS * own->stride;
	return arrival(channel, size, len);
}

/* May a process of this user reach into another at all? Asked of a child. */
static int probe(const char *name, bool is_write, struct why *why)
{
	static unsigned char bytes[2];
	const struct iovec local = { &bytes[0], 1 }, remote = { &bytes[1], 1 };
	ssize_t done;
	pid_t child;
	int error;

	peer_let_in(); /* a child inherits that it is open */
	child = fork();
	if (child < 0)
		return why_say(why, errno, "%s: fork a child to try it on", name);
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	done = is_write ? process_vm_writev(child, &local, 1, &remote, 1, 0)
			: process_vm_readv(child, &local, 1, &remote, 1, 0);
	error = done == 1 ? 0 : why_say(why, errno, "%s: reach into a child", name);
	if (error)
		peer_add_limit(why, -error);
	kill(child, SIGKILL);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	return error;
}

static int readv_probe(struct why *why)
{
	return probe("process_vm_readv", false, why);
}

static int writev_probe(struct why *why)
{
	return probe("process_vm_writev", true, why);
}

#define VM_ROW                                                                           \
	.family = "kernel copy", .cite = "process_vm_readv(2)",                          \
	.caps = CAP_PAYLOAD | CAP_BOUNDARIES | CAP_BLOCKS,                               \
	.tests = TEST_BIT(TEST_LATENCY) | TEST_BIT(TEST_THROUGHPUT),                     \
	.shared_size = sizeof(struct vm_shared), .own_size = sizeof(struct vm_own),      \
	.create = vm_create, .release = vm_release, .detach = vm_detach

const struct mechanism process_vm_readv_mechanism = {
	.name = "process_vm_readv",
	.title = "process_vm_readv",
	.says = "the receiver copies out of the sender's memory; handed over by futex",
	.probe = readv_probe,
	.attach = attach_sender,
	.ready = ready_read,
	.reserve = readv_reserve,
	.send = readv_send,
	.recv = readv_recv,
	VM_ROW,
};

const struct mechanism process_vm_writev_mechanism = {
	.name = "process_vm_writev",
	.title = "process_vm_writev",
	.says = "the sender copies into the receiver's memory; handed over by futex",
	.probe = writev_probe,
	.attach = attach_receiver,
	.ready = ready_write,
	.send = writev_send,
	.recv = writev_recv,
	VM_ROW,
};
