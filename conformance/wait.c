/* What a parent learns when it waits for its children. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conformance/calls.h"
#include "conformance/check.h"
#include "conformance/signal_help.h"

/* A value above is a signal, and not an exit status. */
#define BY_SIGNAL 4096

static void status_exact(struct scene *scene)
{
	bool is_signal = scene->number >= BY_SIGNAL;
	int want = (int)(is_signal ? scene->number - BY_SIGNAL : scene->number);
	pid_t child;
	int status;

	if (is_signal)
		want = signal_number(want);
	child = scene_fork(scene);
	if (child == 0) {
		if (!is_signal)
			_exit(want);
		raise(want);
		_exit(0);
	}
	status = REAP(scene, child, "the child ends");
	EXPECT_INT(scene, WIFEXITED(status) != 0, !is_signal);
	EXPECT_INT(scene, WIFSIGNALED(status) != 0, is_signal);
	EXPECT_INT(scene, WIFSTOPPED(status) || WIFCONTINUED(status), 0);
	EXPECT_INT(
		scene, is_signal ? WTERMSIG(status) : WEXITSTATUS(status), want & 0xff);
}

/* wait() sees the low byte of the status; waitid() is to have all of it. */
static void status_full(struct scene *scene)
{
	siginfo_t info = { 0 };
	pid_t child = scene_fork(scene);

	if (child == 0)
		_exit(0x1234567);
	PROMISED(scene, "the child ends");
	EXPECT_OK(scene, waitid(P_PID, (id_t)child, &info, WEXITED));
	arrived(scene);
	EXPECT_INT(scene, info.si_status, 0x1234567);
}

static pid_t start_child(struct scene *scene, int gate)
{
	pid_t child = scene_fork(scene);

	if (child == 0) {
		scene_wait(scene, gate);
		_exit(gate);
	}
	return child;
}

static void wait_nohang(struct scene *scene)
{
	siginfo_t info;
	pid_t child = start_child(scene, 3);
	int status;

	memset(&info, 0xff, sizeof info);
	EXPECT_INT(scene, waitpid(child, &status, WNOHANG), 0);
	EXPECT_OK(scene, waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG));
	EXPECT_INT(scene, info.si_pid, 0);
	EXPECT_INT(scene, info.si_signo, 0);
	scene_open(scene, 3);
	EXPECT_EXIT(scene, child, 3);
}

static void wait_nowait(struct scene *scene)
{
	siginfo_t info = { 0 };
	pid_t child = start_child(scene, 3);

	scene_open(scene, 3);
	for (int i = 0; i < 2; i++) {
		PROMISED(scene, "the child ends");
		EXPECT_OK(scene, waitid(P_ALL, 0, &info, WEXITED | WNOWAIT));
		arrived(scene);
		EXPECT_INT(scene, info.si_pid, child);
		EXPECT_INT(scene, info.si_code, CLD_EXITED);
		EXPECT_INT(scene, info.si_status, 3);
	}
	EXPECT_EXIT(scene, child, 3);
}

enum group_call { BY_NEGATIVE, BY_ZERO, BY_PGID };

/* Of two children in two groups, only that of the group asked for. */
static void wait_group(struct scene *scene)
{
	pid_t own = start_child(scene, 3), other = start_child(scene, 4), got = 0;
	pid_t want = scene->number == BY_ZERO ? own : other;
	siginfo_t info = { 0 };
	int status;

	SETUP(scene, setpgid(other, other));
	scene_open(scene, 3);
	scene_open(scene, 4);
	/* Both have ended; the one that is not asked for stays. */
	for (int i = 3; i <= 4; i++) {
		PROMISED(scene, "the children end");
		SETUP(scene, waitid(P_PID, (id_t)(i == 3 ? own : other), &info,
				     WEXITED | WNOWAIT));
		arrived(scene);
	}
	if (scene->number == BY_NEGATIVE)
		got = EXPECT_OK(scene, waitpid(-other, &status, WNOHANG));
	if (scene->number == BY_ZERO)
		got = EXPECT_OK(scene, waitpid(0, &status, WNOHANG));
	if (scene->number == BY_PGID) {
		EXPECT_OK(scene, waitid(P_PGID, (id_t)other, &info, WEXITED | WNOHANG));
		got = info.si_pid;
	}
	EXPECT_INT(scene, got, want);
	if (want == own)
		EXPECT_EXIT(scene, other, 4);
	else
		EXPECT_EXIT(scene, own, 3);
}

static void wait_each_once(struct scene *scene)
{
	unsigned seen = 0;
	int status;

	for (int i = 0; i < 5; i++)
		start_child(scene, i);
	for (int i = 0; i < 5; i++)
		scene_open(scene, i);
	for (int i = 0; i < 5; i++) {
		PROMISED(scene, "each child ends");
		EXPECT_OK(scene, wait(&status));
		arrived(scene);
		seen |= 1u << WEXITSTATUS(status);
	}
	EXPECT_INT(scene, seen, 0x1f);
	EXPECT_ERROR(scene, wait(&status), ECHILD);
}

static void wait_blocks(struct scene *scene)
{
	pid_t waiter = scene_fork(scene);

	if (waiter == 0) {
		pid_t child = SETUP(scene, fork());
		int status;

		if (child == 0) {
			scene_wait(scene, 0);
			_exit(7);
		}
		EXPECT_INT(scene, waitpid(child, &status, 0), child);
		_exit(WEXITSTATUS(status));
	}
	EXPECT_BLOCKED(scene, waiter, IN_WAIT);
	scene_open(scene, 0);
	EXPECT_EXIT(scene, waiter, 7);
}

enum refusal { NO_CHILD, NO_CHILDREN, BAD_OPTIONS, NO_STATES };

static void wait_refused(struct scene *scene)
{
	pid_t gone = signal_past_process(scene);
	siginfo_t info;
	int status;

	switch ((enum refusal)scene->number) {
	case NO_CHILD:
		EXPECT_ERROR(scene, waitpid(getppid(), &status, WNOHANG), ECHILD);
		EXPECT_ERROR(scene, waitpid(gone, &status, WNOHANG), ECHILD);
		break;
	case NO_CHILDREN:
		EXPECT_ERROR(scene, wait(&status), ECHILD);
		EXPECT_ERROR(scene, waitid(P_ALL, 0, &info, WEXITED), ECHILD);
		break;
	case BAD_OPTIONS:
		EXPECT_ERROR(scene, waitpid(-1, &status, 0x4000), EINVAL);
		break;
	case NO_STATES:
		EXPECT_ERROR(scene, waitid(P_ALL, 0, &info, WNOHANG), EINVAL);
		break;
	}
}

static void *fork_in_thread(void *argument)
{
	struct scene *scene = argument;
	pid_t child = SETUP(scene, fork());

	if (child == 0)
		_exit(7);
	atomic_store(&scene->common->cells[0], child);
	return NULL;
}

/* Children are the process's, whichever thread made them. */
static void wait_other_thread(struct scene *scene)
{
	pthread_t thread;
	pid_t child;

	SETUP_CODE(scene, pthread_create(&thread, NULL, fork_in_thread, scene));
	SETUP_CODE(scene, pthread_join(thread, NULL));
	child = (pid_t)atomic_load(&scene->common->cells[0]);
	EXPECT_EXIT(scene, child, 7);
}

/* An orphan gets the nearest ancestor that asked for it as its parent. */
static void orphan_adopted(struct scene *scene)
{
	pid_t parent, orphan, want = getpid();

	SETUP(scene, prctl(PR_SET_CHILD_SUBREAPER, 1));
	parent = scene_fork(scene);
	if (parent == 0) {
		orphan = SETUP(scene, fork());
		if (orphan == 0) {
			pid_t born_to = getppid();

			scene_open(scene, 0);
			PROMISED(scene, "the orphan is adopted");
			while (getppid() == born_to)
				sched_yield();
			arrived(scene);
			EXPECT_INT(scene, getppid(), want);
			_exit(7);
		}
		atomic_store(&scene->common->cells[0], orphan);
		scene_wait(scene, 0);
		_exit(0);
	}
	EXPECT_EXIT(scene, parent, 0);
	orphan = (pid_t)atomic_load(&scene->common->cells[0]);
	EXPECT_EXIT(scene, orphan, 7);
}

static const struct value statuses[] = { { "0", 0 }, { "1", 1 }, { "127", 127 },
	{ "128", 128 }, { "255", 255 }, { "256", 256 }, { "negative", -1 },
	{ "sighup", BY_SIGNAL + SIGHUP }, { "sigkill", BY_SIGNAL + SIGKILL },
	{ "sigsegv", BY_SIGNAL + SIGSEGV }, { "sigterm", BY_SIGNAL + SIGTERM },
	{ "sigrtmin", BY_SIGNAL + SIGNAL_LOWEST },
	{ "sigrtmax", BY_SIGNAL + SIGNAL_HIGHEST }, { NULL, 0 } };

static const struct value group_calls[] = { { "waitpid", BY_NEGATIVE },
	{ "waitpid_own", BY_ZERO }, { "waitid", BY_PGID }, { NULL, 0 } };

static const struct value refusals[] = { { "no_child", NO_CHILD },
	{ "no_children", NO_CHILDREN }, { "options", BAD_OPTIONS },
	{ "no_states", NO_STATES }, { NULL, 0 } };

static const struct check checks[] = {
	{ .id = "wait.status_exact", .run = status_exact, .values = statuses },
	{ .id = "wait.status_full", .run = status_full },
	{ .id = "wait.nohang", .run = wait_nohang },
	{ .id = "wait.nowait", .run = wait_nowait },
	{ .id = "wait.group", .run = wait_group, .values = group_calls },
	{ .id = "wait.each_once", .run = wait_each_once },
	{ .id = "wait.blocks", .run = wait_blocks, .needs = NEED_PROC },
	{ .id = "wait.refused", .run = wait_refused, .values = refusals },
	{ .id = "wait.other_thread", .run = wait_other_thread },
	{ .id = "wait.orphan_adopted", .run = orphan_adopted },
	{ .id = NULL },
};

const struct suite wait_suite = { "wait", checks };
