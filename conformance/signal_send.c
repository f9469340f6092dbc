/* Who gets a signal that is sent, and who may send one. */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/signal_help.h"

enum way { BY_KILL, BY_RAISE, BY_SIGQUEUE };

static int send_to_self(int64_t way, int number)
{
	if (way == BY_RAISE)
		return raise(number);
	return way == BY_KILL ? kill(getpid(), number)
			      : sigqueue(getpid(), number, (union sigval) { 0 });
}

static void self_kill_sync(struct scene *scene)
{
	signal_record(scene, SIGUSR1, 0);
	for (int i = 1; i <= 3; i++) {
		EXPECT_OK(scene, send_to_self(scene->number, SIGUSR1));
		EXPECT_INT(scene, signal_recorded(), i);
	}
}

static void leave(int number)
{
	_exit(number == SIGUSR1 ? 7 : 1);
}

static void async_delivery(struct scene *scene)
{
	volatile unsigned spins = 0;
	pid_t child = scene_fork(scene);

	if (child == 0) {
		SETUP(scene, signal(SIGUSR1, leave) == SIG_ERR ? -1 : 0);
		scene_open(scene, 0);
		for (;;)
			spins++;
	}
	scene_wait(scene, 0);
	EXPECT_OK(scene, kill(child, SIGUSR1));
	EXPECT_EXIT(scene, child, 7);
}

static void zombie_kill0(struct scene *scene)
{
	siginfo_t info;
	pid_t child = scene_fork(scene);

	if (child == 0)
		_exit(7);
	PROMISED(scene, "the child ends");
	SETUP(scene, waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT));
	arrived(scene);
	EXPECT_OK(scene, kill(child, 0));
	EXPECT_OK(scene, kill(child, SIGKILL));
	EXPECT_EXIT(scene, child, 7);
	EXPECT_ERROR(scene, kill(child, 0), ESRCH);
}

enum refusal { NUMBER_NEGATIVE, NUMBER_TOO_HIGH, NO_PROCESS, NO_GROUP, GROUP_INT_MIN };

static void kill_eperm_einval(struct scene *scene)
{
	pid_t gone = signal_past_process(scene);

	switch ((enum refusal)scene->number) {
	case NUMBER_NEGATIVE:
		EXPECT_ERROR(scene, kill(getpid(), -1), EINVAL);
		break;
	case NUMBER_TOO_HIGH:
		EXPECT_ERROR(scene, kill(getpid(), SIGRTMAX + 1), EINVAL);
		break;
	case NO_PROCESS:
		EXPECT_ERROR(scene, kill(gone, 0), ESRCH);
		EXPECT_ERROR(scene, kill(gone, SIGTERM), ESRCH);
		break;
	case NO_GROUP:
		EXPECT_ERROR(scene, kill(-gone, 0), ESRCH);
		EXPECT_ERROR(scene, killpg(gone, SIGTERM), ESRCH);
		break;
	case GROUP_INT_MIN:
		EXPECT_ERROR(scene, kill(INT_MIN, 0), ESRCH);
		break;
	}
}

/* A stranger may not, except that whoever is of the session may let it continue. */
static void other_user(struct scene *scene)
{
	pid_t stranger, target = getpid();

	signal_record(scene, SIGCONT, 0);
	stranger = scene_fork(scene);
	if (stranger == 0) {
		scene_become_nobody(scene);
		EXPECT_ERROR(scene, kill(target, 0), EPERM);
		EXPECT_ERROR(scene, kill(target, SIGTERM), EPERM);
		EXPECT_ERROR(
			scene, sigqueue(target, SIGTERM, (union sigval) { 0 }), EPERM);
		EXPECT_OK(scene, kill(target, SIGCONT));
		_exit(0);
	}
	EXPECT_EXIT(scene, stranger, 0);
	EXPECT_INT(scene, signal_recorded(), 1);
}

static pid_t member(struct scene *scene, pid_t group, int gate)
{
	pid_t child = scene_fork(scene);

	if (child == 0) {
		SETUP(scene, setpgid(0, group));
		scene_open(scene, gate);
		for (;;)
			pause();
	}
	scene_wait(scene, gate);
	return child;
}

static void kill_group(struct scene *scene)
{
	pid_t first = member(scene, 0, 0), second = member(scene, first, 1),
	      third = member(scene, first, 2), other = member(scene, 0, 3);

	if (scene->number)
		EXPECT_OK(scene, killpg(first, SIGTERM));
	else
		EXPECT_OK(scene, kill(-first, SIGTERM));
	EXPECT_KILLED(scene, first, SIGTERM);
	EXPECT_KILLED(scene, second, SIGTERM);
	EXPECT_KILLED(scene, third, SIGTERM);
	/* Had it been reached, it would be dying of that: of two, the lower number first.
	 */
	SETUP(scene, kill(other, SIGRTMAX));
	EXPECT_KILLED(scene, other, SIGRTMAX);
}

static void kill_own_group(struct scene *scene)
{
	pid_t leader;

	signal_record(scene, SIGUSR1, 0);
	leader = scene_fork(scene);
	if (leader == 0) {
		pid_t child;

		SETUP(scene, setpgid(0, 0));
		child = scene_fork(scene);
		if (child == 0) {
			SETUP(scene, signal(SIGUSR1, SIG_DFL) == SIG_ERR ? -1 : 0);
			scene_open(scene, 0);
			for (;;)
				pause();
		}
		scene_wait(scene, 0);
		EXPECT_OK(scene, kill(0, SIGUSR1));
		EXPECT_KILLED(scene, child, SIGUSR1);
		EXPECT_INT(scene, signal_recorded(), 1);
		_exit(0);
	}
	EXPECT_EXIT(scene, leader, 0);
	EXPECT_INT(scene, signal_recorded(), 0);
}

/* A thread that blocks SIGUSR2, and SIGUSR1 if it is told so, and sleeps until the end.
 */
struct sleeper {
	struct scene *scene;
	pthread_t thread;
	_Atomic pid_t id;
	bool is_deaf;
	int end[2];
};

static void *sleep_in_read(void *argument)
{
	struct sleeper *sleeper = argument;
	struct scene *scene = sleeper->scene;
	char byte;

	if (sleeper->is_deaf)
		signal_block(scene, SIGUSR1);
	atomic_store(&sleeper->id, signal_thread());
	scene_open(scene, 0);
	while (read(sleeper->end[0], &byte, 1) < 0)
		;
	return NULL;
}

static void start_sleeper(struct scene *scene, struct sleeper *sleeper)
{
	sleeper->scene = scene;
	scene_pipe(scene, sleeper->end);
	SETUP_CODE(scene, pthread_create(&sleeper->thread, NULL, sleep_in_read, sleeper));
	scene_wait(scene, 0);
}

static void end_sleeper(struct scene *scene, struct sleeper *sleeper)
{
	SETUP(scene, close(sleeper->end[1]));
	SETUP_CODE(scene, pthread_join(sleeper->thread, NULL));
}

static void thread_directed(struct scene *scene)
{
	struct sleeper sleeper = { 0 };

	signal_record(scene, SIGUSR1, SA_RESTART);
	start_sleeper(scene, &sleeper);
	EXPECT_CODE(scene, pthread_kill(sleeper.thread, SIGUSR1), 0);
	EXPECT_CODE(scene, pthread_kill(pthread_self(), SIGUSR1), 0);
	EXPECT_CODE(scene, pthread_kill(sleeper.thread, SIGRTMAX + 1), EINVAL);
	end_sleeper(scene, &sleeper);
	EXPECT_INT(scene, signal_recorded(), 2);
	for (int i = 0; i < 2; i++)
		note(scene, "delivery %d in the %s thread", i,
			signal_delivery(i).thread == sleeper.id ? "other" : "first");
	EXPECT(scene,
		(signal_delivery(0).thread == sleeper.id) !=
			(signal_delivery(1).thread == sleeper.id),
		"not one delivery in each thread");
}

static void process_directed(struct scene *scene)
{
	struct sleeper sleeper = { .is_deaf = scene->number };
	pid_t want;

	signal_record(scene, SIGUSR1, SA_RESTART);
	start_sleeper(scene, &sleeper);
	want = scene->number ? getpid() : sleeper.id;
	if (!scene->number)
		signal_block(scene, SIGUSR1);
	for (int i = 0; i < 8; i++)
		EXPECT_OK(scene, kill(getpid(), SIGUSR1));
	end_sleeper(scene, &sleeper);
	EXPECT(scene, signal_recorded() >= 1, "no delivery at all");
	for (int i = 0; i < signal_recorded(); i++)
		EXPECT_INT(scene, signal_delivery(i).thread, want);
}

static void *look_at_mask(void *argument)
{
	struct scene *scene = argument;

	EXPECT(scene, signal_is_blocked(scene, SIGUSR1), "the mask is not inherited");
	EXPECT(scene, !signal_is_pending(scene, SIGUSR1),
		"what is pending for the creator is so for the new thread");
	signal_block(scene, SIGUSR2);
	return NULL;
}

static void thread_mask(struct scene *scene)
{
	pthread_t thread;

	signal_block(scene, SIGUSR1);
	SETUP_CODE(scene, pthread_kill(pthread_self(), SIGUSR1));
	SETUP_CODE(scene, pthread_create(&thread, NULL, look_at_mask, scene));
	SETUP_CODE(scene, pthread_join(thread, NULL));
	EXPECT(scene, !signal_is_blocked(scene, SIGUSR2),
		"a thread changes the mask of another");
	EXPECT(scene, signal_is_pending(scene, SIGUSR1), "it is pending no more");
}

enum tgkill_refusal { WRONG_GROUP, ZERO_THREAD, ZERO_GROUP };

static void tgkill_refused(struct scene *scene)
{
	pid_t self = getpid();

	if (scene->number == WRONG_GROUP)
		EXPECT_ERROR(scene, syscall(SYS_tgkill, getppid(), self, 0), ESRCH);
	if (scene->number == ZERO_THREAD)
		EXPECT_ERROR(scene, syscall(SYS_tgkill, self, 0, 0), EINVAL);
	if (scene->number == ZERO_GROUP)
		EXPECT_ERROR(scene, syscall(SYS_tgkill, 0, self, 0), EINVAL);
}

static const struct value ways[] = { { "kill", BY_KILL }, { "raise", BY_RAISE },
	{ "sigqueue", BY_SIGQUEUE }, { NULL, 0 } };

static const struct value refusals[] = { { "negative", NUMBER_NEGATIVE },
	{ "too_high", NUMBER_TOO_HIGH }, { "no_process", NO_PROCESS },
	{ "no_group", NO_GROUP }, { "int_min", GROUP_INT_MIN }, { NULL, 0 } };

static const struct value group_calls[] = { { "kill", 0 }, { "killpg", 1 }, { NULL, 0 } };

static const struct value open_threads[] = { { "other", 0 }, { "first", 1 },
	{ NULL, 0 } };

static const struct value tgkill_refusals[] = { { "wrong_group", WRONG_GROUP },
	{ "zero_thread", ZERO_THREAD }, { "zero_group", ZERO_GROUP }, { NULL, 0 } };

static const struct check checks[] = {
	{ .id = "signal.self_kill_sync", .run = self_kill_sync, .values = ways },
	{ .id = "signal.async_delivery", .run = async_delivery },
	{ .id = "signal.zombie_kill0", .run = zombie_kill0 },
	{ .id = "signal.kill_eperm_einval",
		.run = kill_eperm_einval,
		.values = refusals },
	{ .id = "signal.other_user", .run = other_user, .needs = NEED_ROOT },
	{ .id = "signal.kill_group", .run = kill_group, .values = group_calls },
	{ .id = "signal.kill_own_group", .run = kill_own_group },
	{ .id = "signal.thread_directed", .run = thread_directed },
	{ .id = "signal.process_directed",
		.run = process_directed,
		.values = open_threads },
	{ .id = "signal.thread_mask", .run = thread_mask },
	{ .id = "signal.tgkill_refused",
		.run = tgkill_refused,
		.values = tgkill_refusals },
	{ .id = NULL },
};

const struct suite signal_send_suite = { "signal_send", checks };
