/* What a signal's handler does to the call that it interrupts: the call fails with EINTR,
 * or goes on, by SA_RESTART and by what kind of call it is. */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "conformance/calls.h"
#include "conformance/check.h"
#include "conformance/signal_help.h"

/* All the calls below, and no other that the sleeper makes. */
#define IN_CALL                                                                          \
	IN_POLL, IN_SELECT, IN_EPOLL, IN_SLEEP, IN_SIGWAIT, IN_SEMOP, IN_MSGRCV,         \
		IN_MQ_RECEIVE, IN_WAIT, IN_FCNTL, IN_OPEN, IN_ACCEPT, IN_RECV, IN_FUTEX, \
		SYS_read, SYS_write, SYS_flock, SYS_rt_sigsuspend

/* What a call sleeps on. */
struct bed {
	int end[2], file, epoll, id;
	pid_t child;
	mqd_t queue;
	sem_t *semaphore;
};

/* A kind of call: what there must be, the sleep itself, and how it is ended. */
struct sleep {
	void (*prepare)(struct scene *scene, struct bed *bed);
	int64_t (*call)(const struct bed *bed);
	void (*release)(struct scene *scene, const struct bed *bed);
};

static void with_pipe(struct scene *scene, struct bed *bed)
{
	scene_pipe(scene, bed->end);
}

static void with_socket(struct scene *scene, struct bed *bed)
{
	SETUP(scene, socketpair(AF_UNIX, SOCK_STREAM, 0, bed->end));
}

static void put_byte(struct scene *scene, const struct bed *bed)
{
	SETUP(scene, write(bed->end[1], "x", 1));
}

static int64_t read_byte(const struct bed *bed)
{
	char byte;

	return read(bed->end[0], &byte, 1);
}

static int64_t recv_byte(const struct bed *bed)
{
	char byte;

	return recv(bed->end[0], &byte, 1, 0);
}

static void with_full_pipe(struct scene *scene, struct bed *bed)
{
	scene_pipe(scene, bed->end);
	scene_fill(scene, bed->end[1], 4096);
}

static int64_t write_byte(const struct bed *bed)
{
	return write(bed->end[1], "x", 1);
}

static void drain(struct scene *scene, const struct bed *bed)
{
	static char sink[65536];

	SETUP(scene, read(bed->end[0], sink, sizeof sink));
}

static void with_fifo(struct scene *scene, struct bed *bed)
{
	(void)bed;
	SETUP(scene, mkfifo("fifo", 0600));
}

static int64_t open_fifo(const struct bed *bed)
{
	(void)bed;
	return open("fifo", O_RDONLY) < 0 ? -1 : 1;
}

static void open_other_side(struct scene *scene, const struct bed *bed)
{
	(void)bed;
	SETUP(scene, open("fifo", O_RDWR));
}

static struct sockaddr_un socket_name(void)
{
	return (struct sockaddr_un) { .sun_family = AF_UNIX, .sun_path = "socket" };
}

static void with_listener(struct scene *scene, struct bed *bed)
{
	struct sockaddr_un name = socket_name();

	bed->file = SETUP(scene, socket(AF_UNIX, SOCK_STREAM, 0));
	SETUP(scene, bind(bed->file, (struct sockaddr *)&name, sizeof name));
	SETUP(scene, listen(bed->file, 1));
}

static int64_t accept_one(const struct bed *bed)
{
	return accept(bed->file, NULL, NULL) < 0 ? -1 : 1;
}

static void connect_to_it(struct scene *scene, const struct bed *bed)
{
	struct sockaddr_un name = socket_name();
	int fd = SETUP(scene, socket(AF_UNIX, SOCK_STREAM, 0));

	(void)bed;
	SETUP(scene, connect(fd, (struct sockaddr *)&name, sizeof name));
}

static void with_record_lock(struct scene *scene, struct bed *bed)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	bed->file = SETUP(scene, open("file", O_RDWR | O_CREAT, 0600));
	SETUP(scene, fcntl(bed->file, F_SETLK, &lock));
}

static int64_t lock_record(const struct bed *bed)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(bed->file, F_SETLKW, &lock) ? -1 : 1;
}

static void unlock_record(struct scene *scene, const struct bed *bed)
{
	struct flock lock = { .l_type = F_UNLCK, .l_whence = SEEK_SET };

	SETUP(scene, fcntl(bed->file, F_SETLK, &lock));
}

static void with_flock(struct scene *scene, struct bed *bed)
{
	bed->file = SETUP(scene, open("file", O_RDWR | O_CREAT, 0600));
	SETUP(scene, flock(bed->file, LOCK_EX));
}

static int64_t flock_again(const struct bed *bed)
{
	int fd = open("file", O_RDWR);

	(void)bed;
	return flock(fd, LOCK_EX) ? -1 : 1;
}

static void unflock(struct scene *scene, const struct bed *bed)
{
	SETUP(scene, flock(bed->file, LOCK_UN));
}

/* The child of the sleeper ends when the pipe does. */
static int64_t wait_for_child(const struct bed *bed)
{
	char byte;
	pid_t child = fork();

	if (child == 0) {
		close(bed->end[1]);
		_exit(read(bed->end[0], &byte, 1) < 0);
	}
	return waitpid(child, NULL, 0) < 0 ? -1 : 1;
}

static void with_semaphore(struct scene *scene, struct bed *bed)
{
	bed->semaphore = scene_memory(scene, sizeof *bed->semaphore);
	SETUP(scene, sem_init(bed->semaphore, 1, 0));
}

static int64_t take_semaphore(const struct bed *bed)
{
	return sem_wait(bed->semaphore) ? -1 : 1;
}

static void post_semaphore(struct scene *scene, const struct bed *bed)
{
	SETUP(scene, sem_post(bed->semaphore));
}

static void with_mq(struct scene *scene, struct bed *bed)
{
	char name[LEDGER_NAME];
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 8 };

	scene_name(scene, LEDGER_MQ, name);
	bed->queue = (mqd_t)SETUP(scene, mq_open(name, O_RDWR | O_CREAT, 0600, &attr));
}

static int64_t receive(const struct bed *bed)
{
	char message[8];

	return mq_receive(bed->queue, message, sizeof message, NULL);
}

static void send_byte(struct scene *scene, const struct bed *bed)
{
	SETUP(scene, mq_send(bed->queue, "x", 1, 0));
}

/* -- Calls that no handler lets go on. -------------------------------------------------
 */

static void with_epoll(struct scene *scene, struct bed *bed)
{
	bed->epoll = SETUP(scene, epoll_create1(0));
}

static int64_t epoll_for_ever(const struct bed *bed)
{
	struct epoll_event event;

	return epoll_wait(bed->epoll, &event, 1, -1);
}

static int64_t poll_for_ever(const struct bed *bed)
{
	(void)bed;
	return poll(NULL, 0, -1);
}

static int64_t ppoll_for_ever(const struct bed *bed)
{
	(void)bed;
	return ppoll(NULL, 0, NULL, NULL);
}

static int64_t select_for_ever(const struct bed *bed)
{
	(void)bed;
	return select(0, NULL, NULL, NULL, NULL);
}

static int64_t pselect_for_ever(const struct bed *bed)
{
	(void)bed;
	return pselect(0, NULL, NULL, NULL, NULL, NULL);
}

static int64_t sleep_long(const struct bed *bed)
{
	(void)bed;
	return nanosleep(&(struct timespec) { .tv_sec = 3600 }, NULL);
}

static int64_t clock_sleep_long(const struct bed *bed)
{
	(void)bed;
	errno = clock_nanosleep(
		CLOCK_MONOTONIC, 0, &(struct timespec) { .tv_sec = 3600 }, NULL);
	return errno ? -1 : 0;
}

static int64_t wait_for_signal(const struct bed *bed)
{
	sigset_t set = signal_set(SIGUSR2);

	(void)bed;
	return sigwaitinfo(&set, NULL);
}

static int64_t pause_for_ever(const struct bed *bed)
{
	(void)bed;
	return pause();
}

static int64_t suspend(const struct bed *bed)
{
	sigset_t none;

	(void)bed;
	sigemptyset(&none);
	return sigsuspend(&none);
}

static void with_sysv_queue(struct scene *scene, struct bed *bed)
{
	bed->id = scene_sysv(scene, LEDGER_SYSV_MSG, 0);
}

static int64_t sysv_receive(const struct bed *bed)
{
	struct {
		long type;
		char text[8];
	} message;

	return msgrcv(bed->id, &message, sizeof message.text, 0, 0);
}

static void with_sysv_set(struct scene *scene, struct bed *bed)
{
	bed->id = scene_sysv(scene, LEDGER_SYSV_SEM, 1);
}

static int64_t sysv_take(const struct bed *bed)
{
	return semop(bed->id, &(struct sembuf) { .sem_op = -1 }, 1);
}

static void with_timeout(struct scene *scene, struct bed *bed)
{
	struct timeval hour = { .tv_sec = 3600 };

	with_socket(scene, bed);
	SETUP(scene,
		setsockopt(bed->end[0], SOL_SOCKET, SO_RCVTIMEO, &hour, sizeof hour));
}

enum kind {
	READ,
	RECV,
	WRITE,
	OPEN,
	ACCEPT,
	SETLKW,
	WAITPID,
	FLOCK,
	SEM_WAIT,
	MQ_RECEIVE,
	POLL,
	PPOLL,
	SELECT,
	PSELECT,
	EPOLL_WAIT,
	NANOSLEEP,
	CLOCK_NANOSLEEP,
	SIGWAITINFO,
	PAUSE,
	SIGSUSPEND,
	MSGRCV,
	SEMOP,
	RCVTIMEO,
	KINDS
};

static const struct sleep sleeps[KINDS] = {
	[READ] = { with_pipe, read_byte, put_byte },
	[RECV] = { with_socket, recv_byte, put_byte },
	[WRITE] = { with_full_pipe, write_byte, drain },
	[OPEN] = { with_fifo, open_fifo, open_other_side },
	[ACCEPT] = { with_listener, accept_one, connect_to_it },
	[SETLKW] = { with_record_lock, lock_record, unlock_record },
	[WAITPID] = { with_pipe, wait_for_child, put_byte },
	[FLOCK] = { with_flock, flock_again, unflock },
	[SEM_WAIT] = { with_semaphore, take_semaphore, post_semaphore },
	[MQ_RECEIVE] = { with_mq, receive, send_byte },
	[POLL] = { NULL, poll_for_ever, NULL },
	[PPOLL] = { NULL, ppoll_for_ever, NULL },
	[SELECT] = { NULL, select_for_ever, NULL },
	[PSELECT] = { NULL, pselect_for_ever, NULL },
	[EPOLL_WAIT] = { with_epoll, epoll_for_ever, NULL },
	[NANOSLEEP] = { NULL, sleep_long, NULL },
	[CLOCK_NANOSLEEP] = { NULL, clock_sleep_long, NULL },
	[SIGWAITINFO] = { NULL, wait_for_signal, NULL },
	[PAUSE] = { NULL, pause_for_ever, NULL },
	[SIGSUSPEND] = { NULL, suspend, NULL },
	[MSGRCV] = { with_sysv_queue, sysv_receive, NULL },
	[SEMOP] = { with_sysv_set, sysv_take, NULL },
	[RCVTIMEO] = { with_timeout, recv_byte, NULL },
};

/* Puts a child to sleep in the call. It tells what came of it by its exit status. */
static pid_t put_to_sleep(struct scene *scene, struct bed *bed)
{
	const struct sleep *sleep = &sleeps[scene->number];
	pid_t sleeper;

	if (sleep->prepare)
		sleep->prepare(scene, bed);
	sleeper = scene_fork(scene);
	if (sleeper == 0) {
		int64_t got = sleep->call(bed);

		_exit(got > 0 ? 7 : got == 0 ? 8 : errno == EINTR ? 9 : 10);
	}
	EXPECT_BLOCKED(scene, sleeper, IN_CALL);
	return sleeper;
}

static _Atomic int64_t *handled;

static void tell(int number)
{
	(void)number;
	atomic_fetch_add(handled, 1);
}

static void handle(struct scene *scene, int flags)
{
	struct sigaction action = { .sa_handler = tell, .sa_flags = flags };

	handled = &scene->common->cells[0];
	SETUP(scene, sigaction(SIGUSR1, &action, NULL));
}

static void restart(struct scene *scene)
{
	struct bed bed = { 0 };
	pid_t sleeper;

	handle(scene, SA_RESTART);
	sleeper = put_to_sleep(scene, &bed);
	for (int i = 1; i <= 2; i++) {
		SETUP(scene, kill(sleeper, SIGUSR1));
		PROMISED(scene, "the handler runs");
		while (atomic_load(handled) < i)
			sched_yield();
		arrived(scene);
		EXPECT_BLOCKED(scene, sleeper, IN_CALL);
	}
	sleeps[scene->number].release(scene, &bed);
	EXPECT_EXIT(scene, sleeper, 7);
}

/* The call fails, though the handler may have asked for a restart. */
static void fail(struct scene *scene, int flags)
{
	struct bed bed = { 0 };
	pid_t sleeper;

	handle(scene, flags);
	sleeper = put_to_sleep(scene, &bed);
	SETUP(scene, kill(sleeper, SIGUSR1));
	EXPECT_EXIT(scene, sleeper, 9);
	EXPECT_INT(scene, atomic_load(handled), 1);
}

static void eintr(struct scene *scene)
{
	fail(scene, 0);
}

static void restart_never_list(struct scene *scene)
{
	fail(scene, SA_RESTART);
}

static const struct value kinds[] = { { "read", READ }, { "recv", RECV },
	{ "write", WRITE }, { "open", OPEN }, { "accept", ACCEPT }, { "setlkw", SETLKW },
	{ "waitpid", WAITPID }, { NULL } };

static const struct value linux_kinds[] = { { "flock", FLOCK }, { "sem_wait", SEM_WAIT },
	{ "mq_receive", MQ_RECEIVE }, { NULL } };

static const struct value never[] = { { "poll", POLL }, { "ppoll", PPOLL },
	{ "select", SELECT }, { "pselect", PSELECT }, { "epoll_wait", EPOLL_WAIT },
	{ "nanosleep", NANOSLEEP }, { "clock_nanosleep", CLOCK_NANOSLEEP },
	{ "sigwaitinfo", SIGWAITINFO }, { "pause", PAUSE }, { "sigsuspend", SIGSUSPEND },
	{ "msgrcv", MSGRCV }, { "semop", SEMOP }, { "so_rcvtimeo", RCVTIMEO }, { NULL } };

static const struct check checks[] = {
	{ .id = "signal.restart", .run = restart, .needs = NEED_PROC, .values = kinds },
	{ .id = "signal.restart_linux",
		.run = restart,
		.needs = NEED_PROC,
		.values = linux_kinds },
	{ .id = "signal.eintr", .run = eintr, .needs = NEED_PROC, .values = kinds },
	{ .id = "signal.eintr_linux",
		.run = eintr,
		.needs = NEED_PROC,
		.values = linux_kinds },
	{ .id = "signal.restart_never_list",
		.run = restart_never_list,
		.needs = NEED_PROC,
		.values = never },
	{ .id = NULL },
};

const struct suite signal_restart_suite = { "signal_restart", checks };
