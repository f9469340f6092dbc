/* What exec keeps of a process, what it resets, and when it fails. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/exec_report.h"
#include "conformance/signal_help.h"
#include "conformance/sync_help.h"

#define SELF "/proc/self/exe"

/* The two sides of a conversation with what is executed. */
struct line {
	int here, there;
	char number[12]; /* of `there`, as an argument */
};

static struct line open_line(struct scene *scene)
{
	struct line line;
	int end[2];

	SETUP(scene, socketpair(AF_UNIX, SOCK_STREAM, 0, end));
	line = (struct line) { .here = end[0], .there = end[1] };
	SETUP(scene, fcntl(line.here, F_SETFD, FD_CLOEXEC));
	snprintf(line.number, sizeof line.number, "%d", line.there);
	return line;
}

/* Executes this program as one that reports. Returns only with what went wrong. */
static int become_report(const struct line *line)
{
	char *argv[] = { (char *)CHECK_EXECUTED, (char *)line->number, NULL };

	return execve(SELF, argv, environ);
}

static struct exec_report hear(struct scene *scene, const struct line *line)
{
	struct exec_report report;

	memset(&report, 0, sizeof report);
	close(line->there);
	PROMISED(scene, "what is executed reports");
	EXPECT_INT(scene, recv(line->here, &report, sizeof report, MSG_WAITALL),
		sizeof report);
	arrived(scene);
	return report;
}

static void hang_up(struct scene *scene, const struct line *line, pid_t executed)
{
	close(line->here);
	EXPECT_EXIT(scene, executed, 7);
}

enum kept { HANDLER, IGNORED, MASK, PENDING };

static void exec_dispositions(struct scene *scene)
{
	struct line line = open_line(scene);
	pid_t executed = scene_fork(scene);
	struct exec_report report;

	if (executed == 0) {
		signal_record(scene, SIGUSR1, SA_ONSTACK);
		SETUP(scene, signal(SIGUSR2, SIG_IGN) == SIG_ERR ? -1 : 0);
		signal_block(scene, SIGTERM);
		signal_block(scene, SIGRTMAX);
		SETUP(scene, raise(SIGRTMAX));
		EXPECT_OK(scene, become_report(&line));
	}
	report = hear(scene, &line);
	switch ((enum kept)scene->number) {
	case HANDLER:
		EXPECT_INT(scene, report.dispositions[SIGUSR1], 'D');
		break;
	case IGNORED:
		EXPECT_INT(scene, report.dispositions[SIGUSR2], 'I');
		break;
	case MASK:
		EXPECT_INT(scene, report.blocked[SIGTERM], 1);
		EXPECT_INT(scene, report.blocked[SIGUSR1], 0);
		break;
	case PENDING:
		EXPECT_INT(scene, report.pending[SIGRTMAX], 1);
		EXPECT_INT(scene, report.pending[SIGTERM], 0);
		break;
	}
	hang_up(scene, &line, executed);
}

static void fds(struct scene *scene)
{
	struct line line = open_line(scene);
	int end[2], open_fd, closed_fd, flagged;
	pid_t executed;
	struct exec_report report;

	scene_pipe(scene, end);
	open_fd = SETUP(scene, fcntl(end[0], F_DUPFD, 40));
	closed_fd = SETUP(scene, fcntl(end[0], F_DUPFD_CLOEXEC, 45));
	flagged = SETUP(scene, fcntl(end[0], F_DUPFD, 50));
	SETUP(scene, fcntl(flagged, F_SETFD, FD_CLOEXEC));
	executed = scene_fork(scene);
	if (executed == 0)
		EXPECT_OK(scene, become_report(&line));
	report = hear(scene, &line);
	EXPECT_INT(scene, report.fds[open_fd], 1);
	EXPECT_INT(scene, report.fds[closed_fd], 0);
	EXPECT_INT(scene, report.fds[flagged], 0);
	hang_up(scene, &line, executed);
}

static void ids(struct scene *scene)
{
	struct line line = open_line(scene);
	pid_t executed = scene_fork(scene);
	struct exec_report report;

	if (executed == 0) {
		SETUP(scene, setpgid(0, 0));
		EXPECT_OK(scene, become_report(&line));
	}
	report = hear(scene, &line);
	EXPECT_INT(scene, report.pid, executed);
	EXPECT_INT(scene, report.parent, getpid());
	EXPECT_INT(scene, report.group, executed);
	EXPECT_INT(scene, report.session, getsid(0));
	hang_up(scene, &line, executed);
}

static void surroundings(struct scene *scene)
{
	struct line line = open_line(scene);
	pid_t executed = scene_fork(scene);
	struct exec_report report;
	struct stat inner;

	if (executed == 0) {
		SETUP(scene, mkdir("inner", 0700));
		SETUP(scene, chdir("inner"));
		umask(0123);
		SETUP(scene, alarm(1000));
		EXPECT_OK(scene, become_report(&line));
	}
	report = hear(scene, &line);
	SETUP(scene, stat("inner", &inner));
	EXPECT(scene, report.directory == inner.st_ino, "another working directory");
	EXPECT_INT(scene, report.umask, 0123);
	EXPECT(scene, report.alarm_s > 0 && report.alarm_s <= 1000,
		"%u s are left of an alarm in 1000 s", report.alarm_s);
	hang_up(scene, &line, executed);
}

/* What belonged to the old program's memory is gone with it. */
static void memory_bound(struct scene *scene)
{
	struct line line = open_line(scene);
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN };
	struct itimerspec hour = { .it_value.tv_sec = 3600 };
	pid_t executed = scene_fork(scene);
	struct exec_report report;
	timer_t timer;

	if (executed == 0) {
		stack_t stack = { .ss_size = 65536 };

		stack.ss_sp = scene_memory(scene, stack.ss_size);
		SETUP(scene, sigaltstack(&stack, NULL));
		SETUP(scene, timer_create(CLOCK_MONOTONIC, &event, &timer));
		SETUP(scene, timer_settime(timer, 0, &hour, NULL));
		if (exec_report_timers() != 1)
			SKIP(scene, "the kernel numbers timers in another way");
		EXPECT_OK(scene, become_report(&line));
	}
	report = hear(scene, &line);
	EXPECT_INT(scene, report.stack_flags, SS_DISABLE);
	EXPECT_INT(scene, report.timers, 0);
	hang_up(scene, &line, executed);
}

static void *sleep_on(void *argument)
{
	(void)argument;
	for (;;)
		pause();
	return NULL;
}

static void *execute(void *argument)
{
	become_report(argument);
	return NULL;
}

/* One thread goes on, as the first of its process, whichever it was. */
static void threads(struct scene *scene)
{
	struct line line = open_line(scene);
	pid_t executed = scene_fork(scene);
	struct exec_report report;
	pthread_t thread;

	if (executed == 0) {
		SETUP_CODE(scene, pthread_create(&thread, NULL, sleep_on, NULL));
		if (scene->number)
			SETUP_CODE(scene, pthread_create(&thread, NULL, execute, &line));
		else
			EXPECT_OK(scene, become_report(&line));
		sleep_on(NULL);
	}
	report = hear(scene, &line);
	EXPECT_INT(scene, report.threads, 1);
	EXPECT_INT(scene, report.thread, executed);
	EXPECT_INT(scene, report.pid, executed);
	hang_up(scene, &line, executed);
}

static void arguments(struct scene *scene)
{
	struct line line = open_line(scene);
	char *argv[] = { (char *)CHECK_EXECUTED, line.number, (char *)"",
		(char *)"two words", (char *)"\xff\x01", NULL };
	char *envp[] = { (char *)"A=1", (char *)"no equals sign", NULL };
	static const char want[] = "\ntwo words\n\xff\x01\nA=1\nno equals sign\n";
	pid_t executed = scene_fork(scene);
	struct exec_report report;

	if (executed == 0)
		EXPECT_OK(scene, execve(SELF, argv, envp));
	report = hear(scene, &line);
	EXPECT_INT(scene, report.arguments, 5);
	EXPECT_BYTES(scene, report.texts, want, sizeof want);
	hang_up(scene, &line, executed);
}

static void by_descriptor(struct scene *scene)
{
	struct line line = open_line(scene);
	char *argv[] = { (char *)CHECK_EXECUTED, line.number, NULL };
	pid_t executed = scene_fork(scene);
	struct exec_report report;

	if (executed == 0) {
		int fd = SETUP(scene, open(SELF, O_RDONLY | O_CLOEXEC));

		EXPECT_OK(scene, fexecve(fd, argv, environ));
	}
	report = hear(scene, &line);
	EXPECT_INT(scene, report.pid, executed);
	hang_up(scene, &line, executed);
}

/* What is executed here has to be allowed to be. */
static void need_exec(struct scene *scene)
{
	struct statvfs mount;

	SETUP(scene, statvfs(".", &mount));
	if (mount.f_flag & ST_NOEXEC)
		SKIP(scene, "the temporary directory is mounted noexec");
}

/* The interpreter of a script is told one argument, and the script's name. */
static void script(struct scene *scene)
{
	struct line line = open_line(scene);
	char *argv[] = { (char *)"ignored", (char *)"own", NULL }, *envp[] = { NULL };
	pid_t executed;
	struct exec_report report;
	FILE *file;

	need_exec(scene);
	SETUP(scene, symlink(SELF, CHECK_EXECUTED));
	file = SETUP_POINTER(scene, fopen("script", "we"));
	fprintf(file, "#!./%s %s\n", CHECK_EXECUTED, line.number);
	fclose(file);
	SETUP(scene, chmod("script", 0700));
	executed = scene_fork(scene);
	if (executed == 0)
		EXPECT_OK(scene, execve("script", argv, envp));
	report = hear(scene, &line);
	EXPECT_BYTES(scene, report.texts, "script\nown\n", sizeof "script\nown\n");
	hang_up(scene, &line, executed);
}

/* Locks are the process's, and the process goes on. */
static void locks(struct scene *scene)
{
	struct line line = open_line(scene);
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = SETUP(scene, open("file", O_RDWR | O_CREAT, 0600));
	pid_t executed = scene_fork(scene);

	if (executed == 0) {
		SETUP(scene, fcntl(fd, F_SETLK, &lock));
		EXPECT_OK(scene, become_report(&line));
	}
	hear(scene, &line);
	EXPECT_OK(scene, fcntl(fd, F_GETLK, &lock));
	EXPECT_INT(scene, lock.l_type, F_WRLCK);
	EXPECT_INT(scene, lock.l_pid, executed);
	hang_up(scene, &line, executed);
}

/* Robust mutexes are the old program's, which is no more. */
static void robust_told(struct scene *scene)
{
	struct line line = open_line(scene);
	struct shared *shared = sync_shared(
		scene, PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ROBUST, PTHREAD_PRIO_NONE);
	pid_t executed = scene_fork(scene);

	if (executed == 0) {
		SETUP_CODE(scene, pthread_mutex_lock(&shared->mutex));
		EXPECT_OK(scene, become_report(&line));
	}
	hear(scene, &line);
	EXPECT_CODE(scene, pthread_mutex_trylock(&shared->mutex), EOWNERDEAD);
	hang_up(scene, &line, executed);
}

enum refusal {
	MISSING,
	NOT_EXECUTABLE,
	DIRECTORY,
	NO_FORMAT,
	NO_DIRECTORY,
	TOO_LONG,
	NAME_TOO_LONG,
	LINK_LOOP
};

/* More than there may be of arguments. */
static char *long_argument(struct scene *scene)
{
	struct rlimit limit;
	char *text;
	size_t size;

	/* Where the stack is unlimited, so may arguments be. */
	SETUP(scene, getrlimit(RLIMIT_STACK, &limit));
	limit.rlim_cur = 4 << 20;
	SETUP(scene, setrlimit(RLIMIT_STACK, &limit));
	size = (size_t)sysconf(_SC_ARG_MAX) + 1;
	text = SETUP_POINTER(scene, malloc(size));
	memset(text, 'a', size - 1);
	text[size - 1] = '\0';
	return text;
}

static void refused(struct scene *scene)
{
	static char name[NAME_MAX + 2];
	static const struct {
		const char *path;
		int error;
	} cases[] = {
		[MISSING] = { "missing", ENOENT },
		[NOT_EXECUTABLE] = { "file", EACCES },
		[DIRECTORY] = { ".", EACCES },
		[NO_FORMAT] = { "file", ENOEXEC },
		[NO_DIRECTORY] = { "file/x", ENOTDIR },
		[TOO_LONG] = { SELF, E2BIG },
		[NAME_TOO_LONG] = { name, ENAMETOOLONG },
		[LINK_LOOP] = { "loop", ELOOP },
	};
	char *argv[] = { (char *)"x", NULL, NULL };
	int fd = SETUP(scene, open("file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));

	SETUP(scene, write(fd, "\x01\x02\x03", 3));
	if (scene->number == NO_FORMAT) {
		need_exec(scene);
		SETUP(scene, fchmod(fd, 0700));
	}
	SETUP(scene, close(fd));
	SETUP(scene, symlink("loop", "loop"));
	memset(name, 'n', sizeof name - 1);
	if (scene->number == TOO_LONG)
		argv[1] = long_argument(scene);
	EXPECT_ERROR(scene, execve(cases[scene->number].path, argv, environ),
		cases[scene->number].error);
	free(argv[1]);
}

enum spawning { ACTIONS, ATTRIBUTES };

static pid_t spawn(struct scene *scene, const struct line *line)
{
	char *argv[] = { (char *)CHECK_EXECUTED, (char *)"41", NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t usr1 = signal_set(SIGUSR1), usr2 = signal_set(SIGUSR2);
	pid_t spawned = 0;

	SETUP_CODE(scene, posix_spawn_file_actions_init(&actions));
	SETUP_CODE(scene, posix_spawn_file_actions_adddup2(&actions, line->there, 41));
	SETUP_CODE(scene, posix_spawn_file_actions_addclose(&actions, line->there));
	SETUP_CODE(scene, posix_spawn_file_actions_addopen(
				  &actions, 45, "made", O_CREAT | O_WRONLY, 0600));
	SETUP_CODE(scene, posix_spawnattr_init(&attributes));
	SETUP_CODE(scene, posix_spawnattr_setsigmask(&attributes, &usr1));
	SETUP_CODE(scene, posix_spawnattr_setsigdefault(&attributes, &usr2));
	SETUP_CODE(scene, posix_spawnattr_setpgroup(&attributes, 0));
	SETUP_CODE(scene, posix_spawnattr_setflags(&attributes,
				  POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
					  POSIX_SPAWN_SETPGROUP));
	SETUP(scene, signal(SIGUSR2, SIG_IGN) == SIG_ERR ? -1 : 0);
	SETUP(scene, signal(SIGTERM, SIG_IGN) == SIG_ERR ? -1 : 0);
	EXPECT_CODE(scene,
		posix_spawn(&spawned, SELF, &actions, &attributes, argv, environ), 0);
	return spawned;
}

static void spawned(struct scene *scene)
{
	struct line line = open_line(scene);
	pid_t child = spawn(scene, &line);
	struct exec_report report = hear(scene, &line);

	EXPECT_INT(scene, report.pid, child);
	EXPECT_INT(scene, report.parent, getpid());
	if (scene->number == ACTIONS) {
		EXPECT_INT(scene, report.fds[line.there], 0);
		EXPECT_INT(scene, report.fds[45], 1);
		EXPECT_OK(scene, access("made", F_OK));
	} else {
		EXPECT_INT(scene, report.group, child);
		EXPECT_INT(scene, report.blocked[SIGUSR1], 1);
		EXPECT_INT(scene, report.dispositions[SIGUSR2], 'D');
		EXPECT_INT(scene, report.dispositions[SIGTERM], 'I');
	}
	hang_up(scene, &line, child);
}

static void spawn_missing(struct scene *scene)
{
	char *argv[] = { (char *)"x", NULL };
	pid_t child = 0;
	int got = posix_spawn(&child, "missing", NULL, NULL, argv, environ);

	/* Either at once, or by an exit status that says so. */
	if (got == 0) {
		note(scene, "posix_spawn() itself reports no error");
		EXPECT_EXIT(scene, child, 127);
	} else {
		EXPECT_CODE(scene, got, ENOENT);
	}
}

static const struct value kept[] = { { "handler_reset", HANDLER },
	{ "ignored_kept", IGNORED }, { "mask_kept", MASK }, { "pending_kept", PENDING },
	{ NULL } };

static const struct value executors[] = { { "first", 0 }, { "other", 1 }, { NULL } };

static const struct value refusals[] = { { "missing", MISSING },
	{ "not_executable", NOT_EXECUTABLE }, { "directory", DIRECTORY },
	{ "no_format", NO_FORMAT }, { "no_directory", NO_DIRECTORY },
	{ "too_long", TOO_LONG }, { "name_too_long", NAME_TOO_LONG },
	{ "link_loop", LINK_LOOP }, { NULL } };

static const struct value spawnings[] = { { "actions", ACTIONS },
	{ "attributes", ATTRIBUTES }, { NULL } };

static const struct check checks[] = {
	{ .id = "signal.exec_dispositions",
		.run = exec_dispositions,
		.needs = NEED_PROC,
		.values = kept },
	{ .id = "exec.fds", .run = fds, .needs = NEED_PROC },
	{ .id = "exec.ids", .run = ids, .needs = NEED_PROC },
	{ .id = "exec.surroundings", .run = surroundings, .needs = NEED_PROC },
	{ .id = "exec.memory_bound", .run = memory_bound, .needs = NEED_PROC },
	{ .id = "exec.threads", .run = threads, .needs = NEED_PROC, .values = executors },
	{ .id = "exec.arguments", .run = arguments, .needs = NEED_PROC },
	{ .id = "exec.by_descriptor", .run = by_descriptor, .needs = NEED_PROC },
	{ .id = "exec.script", .run = script, .needs = NEED_PROC },
	{ .id = "exec.locks", .run = locks, .needs = NEED_PROC },
	{ .id = "exec.robust_told", .run = robust_told, .needs = NEED_PROC },
	{ .id = "exec.refused", .run = refused, .needs = NEED_PROC, .values = refusals },
	{ .id = "exec.spawned", .run = spawned, .needs = NEED_PROC, .values = spawnings },
	{ .id = "exec.spawn_missing", .run = spawn_missing },
	{ .id = NULL },
};

const struct suite exec_suite = { "exec", checks };
