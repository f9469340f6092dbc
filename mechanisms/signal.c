/* signal.c: signals as wake-ups, sent with kill, sigqueue and through a pidfd, awaited
 * with sigwaitinfo and a signalfd. See signal(7).
 *
 * The signal is blocked by each side before it tells its process number: nobody can send
 * one that would still have its default effect. A standard signal that is pending stays
 * one however often it is sent; a real-time signal is queued and carries a word. */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "mechanisms/wakeup.h"

struct signal_shared {
	_Atomic pid_t sides[2];
};

struct signal_own {
	int signal;
	int fd; /* signalfd, or the peer's pidfd; -1: none */
	pid_t peer;
	sigset_t set, mask_before;
	int sent, received; /* words of signal_queue */
	bool is_attached;
};

static int block(struct channel *channel, int signal)
{
	struct signal_shared *shared = channel->shared;
	struct signal_own *own = channel->own;

	own->signal = signal;
	own->fd = -1;
	sigemptyset(&own->set);
	sigaddset(&own->set, signal);
	if (sigprocmask(SIG_BLOCK, &own->set, &own->mask_before))
		return why_say(channel->why, errno, "%s: block signal %d",
			channel->mechanism->name, signal);
	own->is_attached = true;
	atomic_store(&shared->sides[channel->side], getpid());
	return 0;
}

static int attach_standard(struct channel *channel)
{
	return block(channel, SIGUSR1);
}

static int attach_realtime(struct channel *channel)
{
	return block(channel, SIGRTMIN);
}

static int attach_signalfd(struct channel *channel)
{
	struct signal_own *own = channel->own;
	int error = block(channel, SIGUSR1);

	if (error)
		return error;
	own->fd = signalfd(-1, &own->set, SFD_CLOEXEC);
	return own->fd < 0 ? why_say(channel->why, errno, "signalfd: create") : 0;
}

static int learn_peer(struct channel *channel)
{
	struct signal_shared *shared = channel->shared;
	struct signal_own *own = channel->own;

	own->peer = atomic_load(&shared->sides[!channel->side]);
	return 0;
}

static int open_peer(struct channel *channel)
{
	struct signal_own *own = channel->own;

	learn_peer(channel);
	own->fd = (int)syscall(SYS_pidfd_open, own->peer, 0);
	return own->fd < 0 ? why_say(channel->why, errno, "pidfd: open the peer") : 0;
}

/* What is pending would take its default effect. */
static void signal_detach(struct channel *channel)
{
	struct signal_own *own = channel->own;
	const struct timespec now = { 0 };

	if (!own->is_attached)
		return;
	if (own->fd >= 0)
		close(own->fd);
	own->fd = -1;
	while (sigtimedwait(&own->set, NULL, &now) > 0)
		;
	sigprocmask(SIG_SETMASK, &own->mask_before, NULL);
}

static int not_sent(struct channel *channel)
{
	const struct signal_own *own = channel->own;

	return why_say(channel->why, errno, "%s: send signal %d to process %d",
		channel->mechanism->name, own->signal, (int)own->peer);
}

static int kill_send(struct channel *channel, size_t size)
{
	const struct signal_own *own = channel->own;

	(void)size;
	return kill(own->peer, own->signal) ? not_sent(channel) : 0;
}

static int queue_send(struct channel *channel, size_t size)
{
	struct signal_own *own = channel->own;
	const union sigval word = { .sival_int = own->sent };

	(void)size;
	/* The queue is full (RLIMIT_SIGPENDING) where others of this user have filled it.
	 */
	if (sigqueue(own->peer, own->signal, word))
		return not_sent(channel);
	own->sent = (int)((unsigned)own->sent + 1);
	return 0;
}

static int pidfd_send(struct channel *channel, size_t size)
{
	const struct signal_own *own = channel->own;

	(void)size;
	return syscall(SYS_pidfd_send_signal, own->fd, own->signal, NULL, 0)
		       ? not_sent(channel)
		       : 0;
}

/* Waits for the peer's signal; one of anybody else's is passed over. */
static int await(struct channel *channel, siginfo_t *info)
{
	const struct signal_own *own = channel->own;

	do {
		while (sigwaitinfo(&own->set, info) < 0)
			if (errno != EINTR)
				return why_say(channel->why, errno, "%s: sigwaitinfo",
					channel->mechanism->name);
	} while (info->si_pid != own->peer);
	return 0;
}

static int wait_recv(struct channel *channel, size_t size, const void **rx, size_t *len)
{
	siginfo_t info;
	int error = await(channel, &info);

	(void)size;
	return error ? error : wakeup_arrived(rx, len);
}

static int queue_recv(struct channel *channel, size_t size, const void **rx, size_t *len)
{
	struct signal_own *own = channel->own;
	siginfo_t info;
	int error = await(channel, &info);

	(void)size;
	if (error)
		return error;
	if (info.si_code != SI_QUEUE || info.si_value.sival_int != own->received)
		return why_say(channel->why, EBADMSG,
			"signal_queue: the word %d arrived where %d was sent",
			info.si_value.sival_int, own->received);
	own->received = (int)((unsigned)own->received + 1);
	return wakeup_arrived(rx, len);
}

static int signalfd_recv(
	struct channel *channel, size_t size, const void **rx, size_t *len)
{
	const struct signal_own *own = channel->own;
	struct signalfd_siginfo info;

	(void)size;
	do {
		while (read(own->fd, &info, sizeof info) < 0)
			if (errno != EINTR)
				return why_say(channel->why, errno, "signalfd: read");
	} while ((pid_t)info.ssi_pid != own->peer);
	return wakeup_arrived(rx, len);
}

#define SIGNAL_ROW                                                                       \
	.shared_size = sizeof(struct signal_shared),                                     \
	.own_size = sizeof(struct signal_own), .detach = signal_detach,                  \
	.family = "wake-up", .tests = TEST_BIT(TEST_LATENCY)

const struct mechanism signal_kill_mechanism = {
	.name = "signal_kill",
	.title = "signal",
	.cite = "sigwaitinfo(2)",
	.says = "SIGUSR1 sent with kill, awaited with sigwaitinfo",
	.caps = CAP_BLOCKS | CAP_COALESCES | CAP_UNRELATED,
	.attach = attach_standard,
	.ready = learn_peer,
	.send = kill_send,
	.recv = wait_recv,
	SIGNAL_ROW,
};

const struct mechanism signal_queue_mechanism = {
	.name = "signal_queue",
	.title = "queued signal",
	.cite = "sigqueue(3)",
	.says = "real-time signal with a word, sent with sigqueue; the word is checked",
	.caps = CAP_BLOCKS | CAP_UNRELATED,
	.attach = attach_realtime,
	.ready = learn_peer,
	.send = queue_send,
	.recv = queue_recv,
	SIGNAL_ROW,
};

const struct mechanism signalfd_mechanism = {
	.name = "signalfd",
	.title = "signalfd",
	.cite = "signalfd(2)",
	.says = "SIGUSR1 sent with kill, read from a signalfd",
	.caps = CAP_BLOCKS | CAP_POLLABLE | CAP_COALESCES | CAP_UNRELATED,
	.attach = attach_signalfd,
	.ready = learn_peer,
	.send = kill_send,
	.recv = signalfd_recv,
	SIGNAL_ROW,
};

const struct mechanism pidfd_mechanism = {
	.name = "pidfd",
	.title = "signal by pidfd",
	.cite = "pidfd_send_signal(2)",
	.says = "SIGUSR1 sent through the peer's pidfd, awaited with sigwaitinfo",
	.caps = CAP_BLOCKS | CAP_COALESCES | CAP_UNRELATED,
	.attach = attach_standard,
	.ready = open_peer,
	.send = pidfd_send,
	.recv = wait_recv,
	SIGNAL_ROW,
};
