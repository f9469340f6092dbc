#include "conformance/signal_help.h"

#include <errno.h>
#include <unistd.h>

static volatile struct delivery deliveries[DELIVERIES];
static _Atomic int delivery_count; /* threads handle signals at the same time */

static void keep(int number, siginfo_t *info, void *context)
{
	int at = atomic_fetch_add(&delivery_count, 1);

	(void)context;
	if (at >= DELIVERIES)
		return;
	deliveries[at].signal = number;
	deliveries[at].code = info->si_code;
	deliveries[at].thread = signal_thread();
	/* The fields lie over one another; which of them count is the reader's business.
	 */
	deliveries[at].pid = info->si_pid;
	deliveries[at].uid = info->si_uid;
	deliveries[at].status = info->si_status;
	deliveries[at].value = info->si_value.sival_int;
	deliveries[at].address = (uintptr_t)info->si_addr;
}

void signal_record(struct scene *scene, int number, int flags)
{
	struct sigaction action = { .sa_sigaction = keep,
		.sa_flags = flags | SA_SIGINFO };

	sigfillset(&action.sa_mask);
	SETUP(scene, sigaction(number, &action, NULL));
}

int signal_recorded(void)
{
	return delivery_count;
}

struct delivery signal_delivery(int at)
{
	return at < DELIVERIES ? deliveries[at] : (struct delivery) { 0 };
}

void signal_forget(void)
{
	delivery_count = 0;
}

sigset_t signal_set(int number)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, number);
	return set;
}

void signal_block(struct scene *scene, int number)
{
	sigset_t set = signal_set(number);

	SETUP_CODE(scene, pthread_sigmask(SIG_BLOCK, &set, NULL));
}

void signal_unblock(struct scene *scene, int number)
{
	sigset_t set = signal_set(number);

	SETUP_CODE(scene, pthread_sigmask(SIG_UNBLOCK, &set, NULL));
}

bool signal_is_blocked(struct scene *scene, int number)
{
	sigset_t set;

	SETUP_CODE(scene, pthread_sigmask(SIG_BLOCK, NULL, &set));
	return sigismember(&set, number) == 1;
}

bool signal_is_pending(struct scene *scene, int number)
{
	sigset_t set;

	SETUP(scene, sigpending(&set));
	return sigismember(&set, number) == 1;
}

int signal_number(int64_t value)
{
	if (value == SIGNAL_LOWEST)
		return SIGRTMIN;
	return value == SIGNAL_HIGHEST ? SIGRTMAX : (int)value;
}

pid_t signal_thread(void)
{
	return (pid_t)syscall(SYS_gettid);
}

pid_t signal_past_process(struct scene *scene)
{
	pid_t gone = scene_fork(scene);

	if (gone == 0)
		_exit(0);
	EXPECT_EXIT(scene, gone, 0);
	return gone;
}
