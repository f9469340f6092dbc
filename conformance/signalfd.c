/* Signals read from a descriptor. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/signal_help.h"

/* Blocks the signals, and opens a descriptor that reads them. */
static int open_for(struct scene *scene, int first, int second, int flags)
{
	sigset_t set = signal_set(first);

	sigaddset(&set, second);
	SETUP_CODE(scene, pthread_sigmask(SIG_BLOCK, &set, NULL));
	return EXPECT_OK(scene, signalfd(-1, &set, flags));
}

static void basic(struct scene *scene)
{
	int fd = open_for(scene, SIGUSR1, SIGUSR1, 0);
	struct signalfd_siginfo info = { 0 };
	pid_t sender = scene_fork(scene);

	if (sender == 0) {
		SETUP(scene, kill(getppid(), SIGUSR1));
		_exit(0);
	}
	PROMISED(scene, "the signal can be read");
	EXPECT_INT(scene, read(fd, &info, sizeof info), sizeof info);
	arrived(scene);
	EXPECT_INT(scene, info.ssi_signo, SIGUSR1);
	EXPECT_INT(scene, info.ssi_code, SI_USER);
	EXPECT_INT(scene, info.ssi_pid, sender);
	EXPECT_INT(scene, info.ssi_uid, getuid());
	EXPECT(scene, !signal_is_pending(scene, SIGUSR1),
		"what was read is pending still");
}

static void queued_value(struct scene *scene)
{
	int fd = open_for(scene, SIGRTMIN, SIGUSR1, 0);
	struct signalfd_siginfo info[4] = { 0 };

	for (int i = 0; i < 2; i++)
		SETUP(scene, sigqueue(getpid(), SIGRTMIN,
				     (union sigval) { .sival_int = 40 - 100 * i }));
	SETUP(scene, kill(getpid(), SIGUSR1));
	/* As many as there are and fit, the lower number first. */
	EXPECT_INT(scene, read(fd, info, sizeof info), 3 * sizeof info[0]);
	EXPECT_INT(scene, info[0].ssi_signo, SIGUSR1);
	EXPECT_INT(scene, info[1].ssi_signo, SIGRTMIN);
	EXPECT_INT(scene, info[1].ssi_code, SI_QUEUE);
	EXPECT_INT(scene, info[1].ssi_int, 40);
	EXPECT_INT(scene, info[2].ssi_int, -60);
}

static void partial_batch(struct scene *scene)
{
	int fd = open_for(scene, SIGRTMIN, SIGRTMIN, SFD_NONBLOCK);
	struct signalfd_siginfo info[2] = { 0 };

	for (int i = 0; i < 3; i++)
		SETUP(scene,
			sigqueue(getpid(), SIGRTMIN, (union sigval) { .sival_int = i }));
	/* Only whole ones. */
	EXPECT_INT(scene, read(fd, info, sizeof info - 1), sizeof info[0]);
	EXPECT_INT(scene, info[0].ssi_int, 0);
	EXPECT_INT(scene, read(fd, info, sizeof info), sizeof info);
	EXPECT_INT(scene, info[1].ssi_int, 2);
	EXPECT_ERROR(scene, read(fd, info, sizeof info), EAGAIN);
}

static void read_refused(struct scene *scene)
{
	int fd = open_for(scene, SIGUSR1, SIGUSR1, SFD_NONBLOCK);
	struct signalfd_siginfo info;

	EXPECT_ERROR(scene, read(fd, &info, sizeof info), EAGAIN);
	SETUP(scene, kill(getpid(), SIGUSR1));
	EXPECT_ERROR(scene, read(fd, &info, sizeof info - 1), EINVAL);
	EXPECT_ERROR(scene, write(fd, &info, sizeof info), EINVAL);
	EXPECT(scene, signal_is_pending(scene, SIGUSR1),
		"a refused read took the signal");
}

static void blocks(struct scene *scene)
{
	int fd = open_for(scene, SIGUSR1, SIGUSR1, 0);
	struct signalfd_siginfo info;
	pid_t reader = scene_fork(scene);

	if (reader == 0) {
		EXPECT_INT(scene, read(fd, &info, sizeof info), sizeof info);
		EXPECT_INT(scene, info.ssi_pid, getppid());
		_exit(0);
	}
	EXPECT_BLOCKED(scene, reader, SYS_read);
	SETUP(scene, kill(reader, SIGUSR1));
	EXPECT_EXIT(scene, reader, 0);
}

static void not_in_mask(struct scene *scene)
{
	int fd = open_for(scene, SIGUSR1, SIGUSR1, SFD_NONBLOCK);
	struct signalfd_siginfo info;
	sigset_t set = signal_set(SIGUSR2);

	signal_block(scene, SIGUSR2);
	SETUP(scene, kill(getpid(), SIGUSR2));
	EXPECT_ERROR(scene, read(fd, &info, sizeof info), EAGAIN);
	/* A new mask for the descriptor that there is. */
	EXPECT_INT(scene, signalfd(fd, &set, 0), fd);
	EXPECT_INT(scene, read(fd, &info, sizeof info), sizeof info);
	EXPECT_INT(scene, info.ssi_signo, SIGUSR2);
	SETUP(scene, kill(getpid(), SIGUSR1));
	EXPECT_ERROR(scene, read(fd, &info, sizeof info), EAGAIN);
}

static void uncatchable_ignored(struct scene *scene)
{
	sigset_t set = signal_set(SIGKILL);

	sigaddset(&set, SIGSTOP);
	EXPECT_OK(scene, signalfd(-1, &set, 0));
}

static void flags(struct scene *scene)
{
	int plain = open_for(scene, SIGUSR1, SIGUSR1, 0);
	int both = open_for(scene, SIGUSR1, SIGUSR1, SFD_NONBLOCK | SFD_CLOEXEC);
	sigset_t set = signal_set(SIGUSR1);
	int end[2];

	EXPECT_INT(scene, fcntl(plain, F_GETFL) & O_NONBLOCK, 0);
	EXPECT_INT(scene, fcntl(plain, F_GETFD), 0);
	EXPECT_INT(scene, fcntl(both, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	EXPECT_INT(scene, fcntl(both, F_GETFD), FD_CLOEXEC);
	EXPECT_ERROR(scene, signalfd(-1, &set, 1), EINVAL);
	scene_pipe(scene, end);
	EXPECT_ERROR(scene, signalfd(end[0], &set, 0), EINVAL);
	close(end[0]);
	EXPECT_ERROR(scene, signalfd(end[0], &set, 0), EBADF);
}

static void poll_states(struct scene *scene)
{
	int fd = open_for(scene, SIGUSR1, SIGUSR1, 0);
	struct pollfd polled = { .fd = fd, .events = POLLIN | POLLOUT };
	struct signalfd_siginfo info;

	EXPECT_INT(scene, poll(&polled, 1, 0), 0);
	SETUP(scene, kill(getpid(), SIGUSR1));
	EXPECT_INT(scene, poll(&polled, 1, 0), 1);
	EXPECT_INT(scene, polled.revents, POLLIN);
	SETUP(scene, read(fd, &info, sizeof info));
	EXPECT_INT(scene, poll(&polled, 1, 0), 0);
}

/* The descriptor is inherited, but each process reads what is pending for itself. */
static void fork_reader(struct scene *scene)
{
	int fd = open_for(scene, SIGUSR1, SIGUSR2, SFD_NONBLOCK);
	struct signalfd_siginfo info = { 0 };
	pid_t child;

	SETUP(scene, kill(getpid(), SIGUSR1));
	child = scene_fork(scene);
	if (child == 0) {
		EXPECT_ERROR(scene, read(fd, &info, sizeof info), EAGAIN);
		SETUP(scene, kill(getpid(), SIGUSR2));
		EXPECT_INT(scene, read(fd, &info, sizeof info), sizeof info);
		EXPECT_INT(scene, info.ssi_signo, SIGUSR2);
		_exit(0);
	}
	EXPECT_EXIT(scene, child, 0);
	EXPECT_INT(scene, read(fd, &info, sizeof info), sizeof info);
	EXPECT_INT(scene, info.ssi_signo, SIGUSR1);
}

/* epoll looks at what is pending for who registered the descriptor, not for who waits. */
static void epoll_after_fork(struct scene *scene)
{
	int fd = open_for(scene, SIGUSR1, SIGUSR1, SFD_NONBLOCK);
	int epoll = SETUP(scene, epoll_create1(0));
	struct epoll_event event = { .events = EPOLLIN };
	pid_t child;

	SETUP(scene, epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
	child = scene_fork(scene);
	if (child == 0) {
		int own = SETUP(scene, epoll_create1(0));

		SETUP(scene, epoll_ctl(own, EPOLL_CTL_ADD, fd, &event));
		SETUP(scene, kill(getpid(), SIGUSR1));
		EXPECT_INT(scene, epoll_wait(own, &event, 1, 0), 1);
		note(scene, "the inherited epoll instance reports %d event(s)",
			epoll_wait(epoll, &event, 1, 0));
		_exit(0);
	}
	EXPECT_EXIT(scene, child, 0);
	SETUP(scene, kill(getpid(), SIGUSR1));
	EXPECT_INT(scene, epoll_wait(epoll, &event, 1, 0), 1);
}

struct other {
	struct scene *scene;
	int fd;
};

/* A thread reads what is for the process, or for itself, but not what is for another. */
static void *read_in_thread(void *argument)
{
	struct other *other = argument;
	struct scene *scene = other->scene;
	struct signalfd_siginfo info;

	EXPECT_ERROR(scene, read(other->fd, &info, sizeof info), EAGAIN);
	SETUP_CODE(scene, pthread_kill(pthread_self(), SIGUSR1));
	EXPECT_INT(scene, read(other->fd, &info, sizeof info), sizeof info);
	SETUP(scene, kill(getpid(), SIGUSR2));
	EXPECT_INT(scene, read(other->fd, &info, sizeof info), sizeof info);
	EXPECT_INT(scene, info.ssi_signo, SIGUSR2);
	return NULL;
}

static void threads(struct scene *scene)
{
	struct other other = { scene, open_for(scene, SIGUSR1, SIGUSR2, SFD_NONBLOCK) };
	struct signalfd_siginfo info;
	pthread_t thread;

	SETUP_CODE(scene, pthread_kill(pthread_self(), SIGUSR1));
	SETUP_CODE(scene, pthread_create(&thread, NULL, read_in_thread, &other));
	SETUP_CODE(scene, pthread_join(thread, NULL));
	EXPECT_INT(scene, read(other.fd, &info, sizeof info), sizeof info);
	EXPECT_INT(scene, info.ssi_signo, SIGUSR1);
}

static const struct check checks[] = {
	{ .id = "signalfd.basic", .run = basic },
	{ .id = "signalfd.queued_value", .run = queued_value },
	{ .id = "signalfd.partial_batch", .run = partial_batch },
	{ .id = "signalfd.read_refused", .run = read_refused },
	{ .id = "signalfd.blocks", .run = blocks, .needs = NEED_PROC },
	{ .id = "signalfd.not_in_mask", .run = not_in_mask },
	{ .id = "signalfd.uncatchable_ignored", .run = uncatchable_ignored },
	{ .id = "signalfd.flags", .run = flags },
	{ .id = "signalfd.poll_states", .run = poll_states },
	{ .id = "signalfd.fork_reader", .run = fork_reader },
	{ .id = "signalfd.epoll_after_fork", .run = epoll_after_fork },
	{ .id = "signalfd.threads", .run = threads },
	{ .id = NULL },
};

const struct suite signalfd_suite = { "signalfd", checks };
