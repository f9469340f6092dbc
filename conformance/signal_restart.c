/* What a signal's handler does to a call that it interrupts and that may go on: with
 * SA_RESTART it does, otherwise it fails with EINTR. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/sleep_help.h"

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
	MQ_RECEIVE
};

static const struct sleep sleeps[] = {
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
};

static void restart(struct scene *scene)
{
	struct bed bed = { 0 };
	pid_t sleeper;

	sleep_handle(scene, SA_RESTART);
	sleeper = sleep_start(scene, &sleeps[scene->number], &bed);
	for (int i = 1; i <= 2; i++) {
		SETUP(scene, kill(sleeper, SIGUSR1));
		PROMISED(scene, "the handler runs");
		while (sleep_handled() < i)
			sched_yield();
		arrived(scene);
		EXPECT_BLOCKED(scene, sleeper, IN_ANY_SLEEP);
	}
	sleeps[scene->number].release(scene, &bed);
	EXPECT_EXIT(scene, sleeper, SLEEP_DONE);
}

static void eintr(struct scene *scene)
{
	sleep_expect_eintr(scene, &sleeps[scene->number], 0);
}

static const struct value kinds[] = { { "read", READ }, { "recv", RECV },
	{ "write", WRITE }, { "open", OPEN }, { "accept", ACCEPT }, { "setlkw", SETLKW },
	{ "waitpid", WAITPID }, { NULL, 0 } };

static const struct value linux_kinds[] = { { "flock", FLOCK }, { "sem_wait", SEM_WAIT },
	{ "mq_receive", MQ_RECEIVE }, { NULL, 0 } };

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
	{ .id = NULL },
};

const struct suite signal_restart_suite = { "signal_restart", checks };
