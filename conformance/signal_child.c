/* Signals between parent and child: SIGCHLD, stopping and continuing, orphans. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/signal_help.h"

static int next_status(struct scene *scene, pid_t child, int options)
{
	int status = 0;

	PROMISED(scene, "the child changes its state");
	SETUP(scene, waitpid(child, &status, options));
	arrived(scene);
	return status;
}

/* A child in a group of its own that waits for signals. */
static pid_t idle_child(struct scene *scene)
{
	pid_t child = scene_fork(scene);

	if (child == 0) {
		SETUP(scene, setpgid(0, 0));
		scene_open(scene, 0);
		for (;;)
			pause();
	}
	scene_wait(scene, 0);
	return child;
}

static void stop_cont_wait(struct scene *scene)
{
	pid_t child = idle_child(scene);
	int status;

	for (int round = 0; round < 2; round++) {
		SETUP(scene, kill(child, SIGSTOP));
		status = next_status(scene, child, WUNTRACED);
		EXPECT(scene, WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP,
			"status 0x%x instead of stopped by SIGSTOP", status);
		/* Each change is reported once. */
		EXPECT_INT(scene, waitpid(child, &status, WUNTRACED | WNOHANG), 0);
		SETUP(scene, kill(child, SIGCONT));
		status = next_status(scene, child, WCONTINUED);
		EXPECT(scene, WIFCONTINUED(status), "status 0x%x instead of continued",
			status);
		EXPECT_INT(scene, waitpid(child, &status, WCONTINUED | WNOHANG), 0);
	}
	SETUP(scene, kill(child, SIGSTOP));
	next_status(scene, child, WUNTRACED);
	EXPECT_OK(scene, kill(child, SIGKILL));
	EXPECT_KILLED(scene, child, SIGKILL);
}

/* A stopped process handles nothing but SIGKILL until it goes on. */
static void stopped_pending(struct scene *scene)
{
	pid_t child = scene_fork(scene);
	int status;

	if (child == 0) {
		SETUP(scene, raise(SIGSTOP));
		_exit(7);
	}
	next_status(scene, child, WUNTRACED);
	SETUP(scene, kill(child, SIGTERM));
	EXPECT_INT(scene, waitpid(child, &status, WNOHANG | WUNTRACED), 0);
	EXPECT_STATE(scene, child, "T");
	SETUP(scene, kill(child, SIGCONT));
	EXPECT_KILLED(scene, child, SIGTERM);
}

static void cont_discards_stops(struct scene *scene)
{
	int stop = (int)scene->number;

	signal_record(scene, SIGCONT, 0);
	signal_block(scene, stop);
	signal_block(scene, SIGCONT);
	SETUP(scene, kill(getpid(), stop));
	EXPECT(scene, signal_is_pending(scene, stop), "the blocked stop is not pending");
	SETUP(scene, kill(getpid(), SIGCONT));
	EXPECT(scene, !signal_is_pending(scene, stop),
		"SIGCONT leaves a stop signal pending");
	EXPECT(scene, signal_is_pending(scene, SIGCONT), "SIGCONT is not pending");
	SETUP(scene, kill(getpid(), stop));
	EXPECT(scene, !signal_is_pending(scene, SIGCONT),
		"a stop signal leaves SIGCONT pending");
	SETUP(scene, kill(getpid(), SIGCONT));
	signal_unblock(scene, SIGCONT);
	EXPECT_INT(scene, signal_recorded(), 1);
}

/* Children that end leave nothing to wait for, and waiting lasts until all have. */
static void sigchld_ignore(struct scene *scene)
{
	struct sigaction action = { .sa_handler = scene->number ? SIG_DFL : SIG_IGN,
		.sa_flags = (int)scene->number };
	pid_t child[2];
	int status;

	SETUP(scene, sigaction(SIGCHLD, &action, NULL));
	for (int i = 0; i < 2; i++) {
		child[i] = scene_fork(scene);
		if (child[i] == 0)
			_exit(i);
	}
	PROMISED(scene, "wait() returns when the last child has ended");
	EXPECT_ERROR(scene, wait(&status), ECHILD);
	arrived(scene);
	for (int i = 0; i < 2; i++)
		EXPECT_ERROR(scene, kill(child[i], 0), ESRCH);
}

static void sigchld_siginfo(struct scene *scene)
{
	int code = (int)scene->number;
	sigset_t chld = signal_set(SIGCHLD);
	siginfo_t info = { 0 };
	pid_t child;

	signal_block(scene, SIGCHLD);
	child = scene_fork(scene);
	if (child == 0) {
		if (code == CLD_EXITED)
			_exit(42);
		raise(code == CLD_KILLED ? SIGTERM : SIGSTOP);
		for (;;)
			pause();
	}
	PROMISED(scene, "SIGCHLD arrives");
	SETUP(scene, sigwaitinfo(&chld, &info));
	if (code == CLD_CONTINUED) {
		SETUP(scene, kill(child, SIGCONT));
		SETUP(scene, sigwaitinfo(&chld, &info));
	}
	arrived(scene);
	EXPECT_INT(scene, info.si_signo, SIGCHLD);
	EXPECT_INT(scene, info.si_code, code);
	EXPECT_INT(scene, info.si_pid, child);
	EXPECT_INT(scene, info.si_uid, getuid());
	EXPECT_INT(scene, info.si_status,
		code == CLD_EXITED      ? 42
		: code == CLD_KILLED    ? SIGTERM
		: code == CLD_CONTINUED ? SIGCONT
					: SIGSTOP);
}

/* With SA_NOCLDSTOP only the end of a child is news. */
static void sigchld_nocldstop(struct scene *scene)
{
	pid_t child;

	signal_record(scene, SIGCHLD, SA_NOCLDSTOP | SA_RESTART);
	child = idle_child(scene);
	SETUP(scene, kill(child, SIGSTOP));
	next_status(scene, child, WUNTRACED);
	SETUP(scene, kill(child, SIGCONT));
	next_status(scene, child, WCONTINUED);
	EXPECT_INT(scene, signal_recorded(), 0);
	SETUP(scene, kill(child, SIGTERM));
	EXPECT_KILLED(scene, child, SIGTERM);
	EXPECT_INT(scene, signal_recorded(), 1);
	EXPECT_INT(scene, signal_delivery(0).code, CLD_KILLED);
}

/* Forks one that asks to be told of its parent's end, and lets it be known. */
static void *have_child(void *argument)
{
	struct scene *scene = argument;
	pid_t child = scene_fork(scene);

	if (child == 0) {
		SETUP(scene, prctl(PR_SET_PDEATHSIG, SIGUSR1));
		scene_open(scene, 0);
		for (;;)
			pause();
	}
	atomic_store(&scene->common->cells[0], child);
	scene_wait(scene, 0);
	return NULL;
}

static void pdeathsig(struct scene *scene)
{
	bool is_thread = scene->number;
	pthread_t thread;
	pid_t parent = 0, orphan;

	if (is_thread) {
		SETUP_CODE(scene, pthread_create(&thread, NULL, have_child, scene));
		SETUP_CODE(scene, pthread_join(thread, NULL));
	} else {
		parent = scene_fork(scene);
		if (parent == 0) {
			have_child(scene);
			_exit(0);
		}
		EXPECT_EXIT(scene, parent, 0);
	}
	/* The check's process adopts orphans of its own. */
	orphan = (pid_t)atomic_load(&scene->common->cells[0]);
	EXPECT_KILLED(scene, orphan, SIGUSR1);
}

static void pdeathsig_not_inherited(struct scene *scene)
{
	int number = -1;
	pid_t child;

	SETUP(scene, prctl(PR_SET_PDEATHSIG, SIGUSR1));
	EXPECT_OK(scene, prctl(PR_GET_PDEATHSIG, &number));
	EXPECT_INT(scene, number, SIGUSR1);
	child = SETUP(scene, fork());
	if (child == 0) {
		EXPECT_OK(scene, prctl(PR_GET_PDEATHSIG, &number));
		EXPECT_INT(scene, number, 0);
		_exit(0);
	}
	EXPECT_EXIT(scene, child, 0);
}

/* Runs a child in a session of its own; there is nobody to let its children continue. */
static pid_t session(struct scene *scene, void (*body)(struct scene *))
{
	pid_t leader = scene_fork(scene);

	if (leader == 0) {
		SETUP(scene, setsid());
		body(scene);
		_exit(0);
	}
	return leader;
}

static void be_orphaned(struct scene *scene)
{
	/* The leader's group has no member whose parent is elsewhere in the session. */
	EXPECT_OK(scene, raise((int)scene->number));
}

static void orphan_not_stopped(struct scene *scene)
{
	pid_t leader = session(scene, be_orphaned);
	int status = next_status(scene, leader, WUNTRACED);

	EXPECT(scene, !WIFSTOPPED(status), "stopped by signal %d", WSTOPSIG(status));
	EXPECT_INT(scene, status, 0);
}

static _Atomic int hung_up;

static void hang_up(int number)
{
	(void)number;
	atomic_store(&hung_up, 1);
}

static void leave_if_hung_up(int number)
{
	(void)number;
	_exit(atomic_load(&hung_up) ? 7 : 8);
}

/* A member of a group of its own in the session; the end of its parent orphans it. */
static void leave_stopped_child(struct scene *scene)
{
	struct sigaction action = { .sa_handler = hang_up };
	pid_t child = SETUP(scene, fork());

	if (child == 0) {
		SETUP(scene, setpgid(0, 0));
		sigemptyset(&action.sa_mask);
		/* SIGHUP is to be handled first, whichever is delivered first. */
		sigaddset(&action.sa_mask, SIGCONT);
		SETUP(scene, sigaction(SIGHUP, &action, NULL));
		action.sa_handler = leave_if_hung_up;
		SETUP(scene, sigaction(SIGCONT, &action, NULL));
		SETUP(scene, raise(SIGSTOP));
		for (;;)
			pause();
	}
	atomic_store(&scene->common->cells[0], child);
	next_status(scene, child, WUNTRACED);
}

static void orphan_stopped_hup(struct scene *scene)
{
	pid_t leader = session(scene, leave_stopped_child), orphan;

	EXPECT_EXIT(scene, leader, 0);
	orphan = (pid_t)atomic_load(&scene->common->cells[0]);
	EXPECT_EXIT(scene, orphan, 7);
}

static const struct value stops[] = { { "tstp", SIGTSTP }, { "ttin", SIGTTIN },
	{ "ttou", SIGTTOU }, { NULL, 0 } };

static const struct value ignoring[] = { { "sig_ign", 0 }, { "nocldwait", SA_NOCLDWAIT },
	{ NULL, 0 } };

static const struct value codes[] = { { "exited", CLD_EXITED }, { "killed", CLD_KILLED },
	{ "stopped", CLD_STOPPED }, { "continued", CLD_CONTINUED }, { NULL, 0 } };

static const struct value parents[] = { { "process", 0 }, { "thread", 1 }, { NULL, 0 } };

static const struct check checks[] = {
	{ .id = "signal.stop_cont_wait", .run = stop_cont_wait },
	{ .id = "signal.stopped_pending", .run = stopped_pending, .needs = NEED_PROC },
	{ .id = "signal.cont_discards_stops",
		.run = cont_discards_stops,
		.values = stops },
	{ .id = "signal.sigchld_ignore", .run = sigchld_ignore, .values = ignoring },
	{ .id = "signal.sigchld_siginfo", .run = sigchld_siginfo, .values = codes },
	{ .id = "signal.sigchld_nocldstop", .run = sigchld_nocldstop },
	{ .id = "signal.pdeathsig", .run = pdeathsig, .values = parents },
	{ .id = "signal.pdeathsig_not_inherited", .run = pdeathsig_not_inherited },
	{ .id = "signal.orphan_not_stopped", .run = orphan_not_stopped, .values = stops },
	{ .id = "signal.orphan_stopped_hup", .run = orphan_stopped_hup },
	{ .id = NULL },
};

const struct suite signal_child_suite = { "signal_child", checks };
