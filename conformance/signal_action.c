/* What becomes of a process that gets a signal: default actions, handlers, what can be
 * neither caught nor blocked. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/signal_help.h"

enum effect { DEATH, DISREGARD, STOP, CONTINUATION };

static enum effect default_effect(int number)
{
	switch (number) {
	case SIGCHLD:
	case SIGURG:
	case SIGWINCH:
		return DISREGARD;
	case SIGSTOP:
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
		return STOP;
	case SIGCONT:
		return CONTINUATION;
	default:
		return DEATH;
	}
}

/* The next change of the child's state, as waitpid(2) gives it. */
static int next_status(struct scene *scene, pid_t child)
{
	int status = 0;

	PROMISED(scene, "the child changes its state");
	SETUP(scene, waitpid(child, &status, WUNTRACED | WCONTINUED));
	arrived(scene);
	return status;
}

static void expect_stop(struct scene *scene, pid_t child, int number)
{
	int status = next_status(scene, child);

	EXPECT(scene, WIFSTOPPED(status), "status 0x%x instead of a stop", status);
	EXPECT_INT(scene, WSTOPSIG(status), number);
}

/* A child that does nothing; when it is let go by an end of file, it exits with 7. */
static pid_t idle_child(struct scene *scene, int *hold)
{
	int end[2];
	pid_t child;

	scene_pipe(scene, end);
	child = scene_fork(scene);
	if (child == 0) {
		char byte;

		close(end[1]);
		/* A group of its own, whose parent is of another one in the session: not
		 * orphaned, so job control stops it. */
		SETUP(scene, setpgid(0, 0));
		scene_open(scene, 0);
		while (read(end[0], &byte, 1) < 0)
			;
		_exit(7);
	}
	close(end[0]);
	scene_wait(scene, 0);
	*hold = end[1];
	return child;
}

static void default_actions(struct scene *scene)
{
	int number = signal_number(scene->number), hold, status;
	pid_t child = idle_child(scene, &hold);
	enum effect effect = default_effect(number);

	if (effect == CONTINUATION) {
		SETUP(scene, kill(child, SIGSTOP));
		expect_stop(scene, child, SIGSTOP);
	}
	EXPECT_OK(scene, kill(child, number));
	if (effect == DEATH) {
		EXPECT_KILLED(scene, child, number);
		return;
	}
	if (effect == STOP) {
		expect_stop(scene, child, number);
		SETUP(scene, kill(child, SIGCONT));
	}
	if (effect != DISREGARD) {
		status = next_status(scene, child);
		EXPECT(scene, WIFCONTINUED(status), "status 0x%x instead of continued",
			status);
	}
	close(hold);
	EXPECT_EXIT(scene, child, 7);
}

static volatile sig_atomic_t was_default;

static void look_at_disposition(int number)
{
	struct sigaction now;

	was_default = sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_DFL;
}

static void kill_stop_uncatchable(struct scene *scene)
{
	int number = (int)scene->number;
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigset_t all, mask;

	EXPECT_ERROR(scene, sigaction(number, &ignore, NULL), EINVAL);
	ignore.sa_handler = look_at_disposition;
	EXPECT_ERROR(scene, sigaction(number, &ignore, NULL), EINVAL);
	sigfillset(&all);
	EXPECT_OK(scene, sigprocmask(SIG_BLOCK, &all, NULL));
	EXPECT_OK(scene, sigprocmask(SIG_BLOCK, NULL, &mask));
	EXPECT_INT(scene, sigismember(&mask, number), 0);
}

static void kill_not_blockable(struct scene *scene)
{
	int number = (int)scene->number;
	pid_t child = scene_fork(scene);
	sigset_t all;

	if (child == 0) {
		sigfillset(&all);
		SETUP(scene, sigprocmask(SIG_BLOCK, &all, NULL));
		scene_open(scene, 0);
		for (;;)
			pause();
	}
	scene_wait(scene, 0);
	EXPECT_OK(scene, kill(child, number));
	if (number == SIGSTOP) {
		expect_stop(scene, child, SIGSTOP);
		SETUP(scene, kill(child, SIGKILL));
	}
	EXPECT_KILLED(scene, child, SIGKILL);
}

static void catch_ignore(struct scene *scene)
{
	int number = signal_number(scene->number);

	signal_record(scene, number, 0);
	EXPECT_OK(scene, raise(number));
	EXPECT_INT(scene, signal_recorded(), 1);
	EXPECT_INT(scene, signal_delivery(0).signal, number);
	SETUP(scene, signal(number, SIG_IGN) == SIG_ERR ? -1 : 0);
	EXPECT_OK(scene, raise(number));
	EXPECT_INT(scene, signal_recorded(), 1);
}

static void resethand(struct scene *scene)
{
	struct sigaction once = { .sa_handler = look_at_disposition,
		.sa_flags = (int)SA_RESETHAND };
	pid_t child = scene_fork(scene);

	if (child == 0) {
		SETUP(scene, sigaction(SIGUSR1, &once, NULL));
		SETUP(scene, raise(SIGUSR1));
		EXPECT(scene, was_default,
			"the handler finds itself, not SIG_DFL, in place");
		raise(SIGUSR1);
		_exit(0);
	}
	EXPECT_KILLED(scene, child, SIGUSR1);
}

static void resethand_not_reset(struct scene *scene)
{
	int number = (int)scene->number;
	struct sigaction now;

	signal_record(scene, number, (int)SA_RESETHAND);
	SETUP(scene, raise(number));
	EXPECT_INT(scene, signal_recorded(), 1);
	SETUP(scene, sigaction(number, NULL, &now));
	EXPECT(scene, now.sa_handler != SIG_DFL, "the handler was reset to SIG_DFL");
}

static void old_action(struct scene *scene)
{
	struct sigaction set = { .sa_handler = look_at_disposition,
		.sa_flags = SA_RESTART | SA_NODEFER },
			 got;

	sigemptyset(&set.sa_mask);
	sigaddset(&set.sa_mask, SIGTERM);
	SETUP(scene, sigaction(SIGUSR1, &set, &got));
	EXPECT(scene, got.sa_handler == SIG_DFL, "the first action was not SIG_DFL");
	set.sa_handler = SIG_IGN;
	EXPECT_OK(scene, sigaction(SIGUSR1, &set, &got));
	EXPECT(scene, got.sa_handler == look_at_disposition, "another handler");
	EXPECT_INT(scene,
		got.sa_flags & (SA_RESTART | SA_NODEFER | SA_SIGINFO | SA_ONSTACK),
		SA_RESTART | SA_NODEFER);
	EXPECT_INT(scene, sigismember(&got.sa_mask, SIGTERM), 1);
	EXPECT_INT(scene, sigismember(&got.sa_mask, SIGHUP), 0);
	EXPECT_OK(scene, sigaction(SIGUSR1, NULL, &got));
	EXPECT(scene, got.sa_handler == SIG_IGN, "not what was set last");
}

static void invalid_number(struct scene *scene)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	int number = scene->number == SIGNAL_HIGHEST ? SIGRTMAX + 1 : (int)scene->number;

	EXPECT_ERROR(scene, sigaction(number, &ignore, NULL), EINVAL);
	EXPECT_ERROR(scene, sigaction(number, NULL, &ignore), EINVAL);
}

/* sigprocmask() with each way to change, and one that is none. */
static void mask_ways(struct scene *scene)
{
	sigset_t one = signal_set(SIGUSR1), other = signal_set(SIGUSR2), mask;

	EXPECT_OK(scene, sigprocmask(SIG_SETMASK, &one, NULL));
	EXPECT_OK(scene, sigprocmask(SIG_BLOCK, &other, &mask));
	EXPECT_INT(scene, sigismember(&mask, SIGUSR1), 1);
	EXPECT_INT(scene, sigismember(&mask, SIGUSR2), 0);
	EXPECT_OK(scene, sigprocmask(SIG_UNBLOCK, &one, &mask));
	EXPECT_INT(scene, sigismember(&mask, SIGUSR1), 1);
	EXPECT_INT(scene, sigismember(&mask, SIGUSR2), 1);
	EXPECT_ERROR(scene,
		sigprocmask(SIG_BLOCK + SIG_UNBLOCK + SIG_SETMASK + 1, &one, NULL),
		EINVAL);
	/* Without a set, the way does not matter. */
	EXPECT_OK(scene, sigprocmask(-1, NULL, &mask));
	EXPECT_INT(scene, sigismember(&mask, SIGUSR1), 0);
	EXPECT_INT(scene, sigismember(&mask, SIGUSR2), 1);
}

enum abort_case { ABORT_IGNORED, ABORT_BLOCKED, ABORT_CAUGHT };

static void abort_kills(struct scene *scene)
{
	pid_t child = scene_fork(scene);

	if (child == 0) {
		if (scene->number == ABORT_IGNORED)
			signal(SIGABRT, SIG_IGN);
		if (scene->number == ABORT_BLOCKED)
			signal_block(scene, SIGABRT);
		if (scene->number == ABORT_CAUGHT)
			signal_record(scene, SIGABRT, 0);
		abort();
	}
	EXPECT_KILLED(scene, child, SIGABRT);
}

static const struct value unstoppable[] = { { "kill", SIGKILL }, { "stop", SIGSTOP },
	{ NULL, 0 } };

static const struct value every_signal[] = { { "hup", SIGHUP }, { "int", SIGINT },
	{ "quit", SIGQUIT }, { "ill", SIGILL }, { "trap", SIGTRAP }, { "abrt", SIGABRT },
	{ "bus", SIGBUS }, { "fpe", SIGFPE }, { "kill", SIGKILL }, { "usr1", SIGUSR1 },
	{ "segv", SIGSEGV }, { "usr2", SIGUSR2 }, { "pipe", SIGPIPE },
	{ "alrm", SIGALRM }, { "term", SIGTERM }, { "chld", SIGCHLD },
	{ "cont", SIGCONT }, { "stop", SIGSTOP }, { "tstp", SIGTSTP },
	{ "ttin", SIGTTIN }, { "ttou", SIGTTOU }, { "urg", SIGURG }, { "xcpu", SIGXCPU },
	{ "xfsz", SIGXFSZ }, { "vtalrm", SIGVTALRM }, { "prof", SIGPROF },
	{ "winch", SIGWINCH }, { "poll", SIGPOLL }, { "sys", SIGSYS },
	{ "rtmin", SIGNAL_LOWEST }, { "rtmax", SIGNAL_HIGHEST }, { NULL, 0 } };

/* Some of each kind; the others differ in their default action only. */
static const struct value catchable[] = { { "hup", SIGHUP }, { "int", SIGINT },
	{ "abrt", SIGABRT }, { "usr1", SIGUSR1 }, { "segv", SIGSEGV },
	{ "pipe", SIGPIPE }, { "alrm", SIGALRM }, { "term", SIGTERM },
	{ "chld", SIGCHLD }, { "cont", SIGCONT }, { "tstp", SIGTSTP }, { "urg", SIGURG },
	{ "rtmin", SIGNAL_LOWEST }, { "rtmax", SIGNAL_HIGHEST }, { NULL, 0 } };

static const struct value not_reset[] = { { "ill", SIGILL }, { "trap", SIGTRAP },
	{ NULL, 0 } };

static const struct value no_signals[] = { { "negative", -1 }, { "zero", 0 },
	{ "above_highest", SIGNAL_HIGHEST }, { NULL, 0 } };

static const struct value aborts[] = { { "ignored", ABORT_IGNORED },
	{ "blocked", ABORT_BLOCKED }, { "caught", ABORT_CAUGHT }, { NULL, 0 } };

static const struct check checks[] = {
	{ .id = "signal.kill_stop_uncatchable",
		.run = kill_stop_uncatchable,
		.values = unstoppable },
	{ .id = "signal.kill_not_blockable",
		.run = kill_not_blockable,
		.values = unstoppable },
	{ .id = "signal.default_actions",
		.run = default_actions,
		.values = every_signal },
	{ .id = "signal.catch_ignore", .run = catch_ignore, .values = catchable },
	{ .id = "signal.resethand", .run = resethand },
	{ .id = "signal.resethand_not_reset",
		.run = resethand_not_reset,
		.values = not_reset },
	{ .id = "signal.old_action", .run = old_action },
	{ .id = "signal.invalid_number", .run = invalid_number, .values = no_signals },
	{ .id = "signal.mask_ways", .run = mask_ways },
	{ .id = "signal.abort_kills", .run = abort_kills, .values = aborts },
	{ .id = NULL },
};

const struct suite signal_action_suite = { "signal_action", checks };
