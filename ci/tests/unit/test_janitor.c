/* The janitor: whoever dies, nothing is left behind; and how children are started. */
#include "pair_helper.h"

#include <sys/prctl.h>
#include <sys/resource.h>

static struct janitor janitor;
static struct why why;

static int set_up(void **state)
{
	(void)state;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	return place_make();
}

static int tear_down(void **state)
{
	(void)state;
	assert_nothing_named();
	assert_false(has_children());
	return place_remove();
}

static int begin(void **state)
{
	(void)state;
	why_clear(&why);
	return janitor_start(&janitor, &why);
}

static int end(void **state)
{
	(void)state;
	janitor_stop(&janitor);
	return has_children() ? -1 : 0;
}

/* --- a run that ends well
 * -------------------------------------------------------------------- */

static void the_directory_is_private(void **state)
{
	struct stat status;

	(void)state;
	assert_int_equal(lstat(janitor.directory, &status), 0);
	assert_true(S_ISDIR(status.st_mode));
	assert_int_equal(status.st_mode & 07777, 0700);
	assert_int_equal(status.st_uid, geteuid());
	assert_int_equal(
		strncmp(janitor.directory, place.directory, strlen(place.directory)), 0);
	assert_int_equal(ledger_count(janitor.ledger), 1);
}

/* From the first moment on, or it could be killed with the group of its parent. */
static void it_sits_in_a_session_of_its_own(void **state)
{
	(void)state;
	assert_int_equal(getsid(janitor.pid), janitor.pid);
	assert_int_not_equal(getsid(0), janitor.pid);
}

/* Signals that end a terminal's processes do not end it: who would clean up? */
static void signals_do_not_end_it(void **state)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE };

	(void)state;
	for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
		assert_int_equal(kill(janitor.pid, signals[i]), 0);
	assert_int_equal(waitpid(janitor.pid, NULL, WNOHANG), 0);
	assert_int_equal(access(janitor.directory, F_OK), 0);
}

static void stopping_removes_everything(void **state)
{
	size_t descriptors = open_descriptors();
	char name[LEDGER_NAME], path[LEDGER_NAME + 16];
	int fd;

	(void)state;
	assert_int_equal(begin(NULL), 0);
	assert_int_equal(ledger_name(janitor.ledger, LEDGER_SHM, name, &why), 0);
	fd = shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600);
	assert_true(fd >= 0);
	close(fd);
	snprintf(path, sizeof path, "%s/fifo", janitor.directory);
	assert_int_equal(mkfifo(path, 0600), 0);
	janitor_stop(&janitor);
	assert_int_equal(shm_open(name, O_RDONLY, 0), -1);
	assert_int_equal(access(janitor.directory, F_OK), -1);
	assert_int_equal(open_descriptors(), descriptors);
	assert_int_equal(ledger_count(janitor.ledger), 0);
	janitor_stop(&janitor); /* once more does no harm */
}

/* The second must not keep the first one's lifeline open. */
static void two_in_one_process(void **state)
{
	struct janitor first, second;

	(void)state;
	assert_int_equal(janitor_start(&first, &why), 0);
	assert_int_equal(janitor_start(&second, &why), 0);
	janitor_stop(&first);
	assert_int_equal(access(first.directory, F_OK), -1);
	assert_int_equal(access(second.directory, F_OK), 0);
	janitor_stop(&second);
}

/* --- children
 * -------------------------------------------------------------------------------- */

static int seven(void *argument)
{
	(void)argument;
	return 7;
}

static void children_return_their_status(void **state)
{
	size_t descriptors = open_descriptors();
	struct child child = { 0, -1 };
	siginfo_t info;
	int status;

	(void)state;
	assert_int_equal(child_start(&janitor, seven, NULL, &child, &why), 0);
	assert_int_equal(ledger_count(janitor.ledger), 2);
	assert_int_equal(waitid(P_PID, (id_t)child.pid, &info, WEXITED | WNOWAIT), 0);
	status = child_end(&janitor, &child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
	assert_int_equal(child.pid, 0);
	assert_int_equal(ledger_count(janitor.ledger), 1);
	assert_int_equal(open_descriptors(), descriptors);
	assert_int_equal(child_end(&janitor, &child), 0); /* of nobody */
}

static int sleep_on(void *argument)
{
	(void)argument;
	for (;;)
		pause();
	return 0;
}

static void ending_kills(void **state)
{
	struct child child;
	int status;

	(void)state;
	assert_int_equal(child_start(&janitor, sleep_on, NULL, &child, &why), 0);
	status = child_end(&janitor, &child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
}

static int inspect(void *argument)
{
	const struct janitor *own = argument;
	struct sigaction action;
	sigset_t mask;

	if (getpgrp() != getpid() || fcntl(own->lifeline_fd, F_GETFD) != -1)
		return 1;
	sigprocmask(SIG_SETMASK, NULL, &mask);
	sigaction(SIGUSR1, NULL, &action);
	if (sigismember(&mask, SIGUSR1) || action.sa_handler != SIG_DFL)
		return 2;
	sigaction(SIGPIPE, NULL, &action);
	return action.sa_handler == SIG_DFL ? 0 : 3;
}

static void children_begin_afresh(void **state)
{
	struct child child;
	sigset_t mask, old;
	siginfo_t info;
	int status;

	(void)state;
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	sigprocmask(SIG_BLOCK, &mask, &old);
	signal(SIGUSR1, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(child_start(&janitor, inspect, &janitor, &child, &why), 0);
	sigprocmask(SIG_SETMASK, &old, NULL);
	signal(SIGUSR1, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	assert_int_equal(waitid(P_PID, (id_t)child.pid, &info, WEXITED | WNOWAIT), 0);
	status = child_end(&janitor, &child);
	assert_int_equal(status, 0);
}

static void no_descriptor_for_a_child(void **state)
{
	struct rlimit limit, none;
	struct child child = { 0, -1 };
	int error, status;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = 3;
	assert_int_equal(child_start(&janitor, sleep_on, NULL, &child, &why), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	error = child_watch(&child, &why);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(error, -EMFILE);
	assert_non_null(strstr(why.text, "pidfd"));
	assert_int_equal(child.pidfd, -1);
	status = child_end(&janitor, &child);
	assert_int_equal(WTERMSIG(status), SIGKILL);
	assert_int_equal(ledger_count(janitor.ledger), 1);
}

/* A priority is given up while a child is reaped, and taken again. */
static void reaping_keeps_the_priority(void **state)
{
	const struct sched_param wanted = { .sched_priority = 3 }, none = { 0 };
	struct sched_param priority = { 0 };
	int policy = sched_getscheduler(0), found;
	struct child child;

	(void)state;
	if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &wanted))
		skip();
	assert_int_equal(child_start(&janitor, sleep_on, NULL, &child, &why), 0);
	child_end(&janitor, &child);
	found = sched_getscheduler(0);
	sched_getparam(0, &priority);
	assert_int_equal(sched_setscheduler(0, policy, &none), 0);
	assert_int_equal(found, SCHED_FIFO | SCHED_RESET_ON_FORK);
	assert_int_equal(priority.sched_priority, wanted.sched_priority);
}

/* --- a parent that dies
 * ---------------------------------------------------------------------- */

struct family {
	futex_word is_ready;
	pid_t janitor, child;
	char directory[LEDGER_NAME], name[LEDGER_NAME];
};

/* A child that could outlive its parent, were there no janitor: it asks for no signal
 * when the parent dies. */
static int outlive(void *argument)
{
	struct family *family = argument;

	prctl(PR_SET_PDEATHSIG, 0);
	count_up(&family->is_ready);
	return sleep_on(NULL);
}

static _Noreturn void be_parent(struct family *family)
{
	struct child child;
	int fd;

	if (janitor_start(&janitor, &why) ||
		child_start(&janitor, outlive, family, &child, &why) ||
		ledger_name(janitor.ledger, LEDGER_SHM, family->name, &why))
		_exit(1);
	fd = shm_open(family->name, O_CREAT | O_EXCL | O_RDWR, 0600);
	if (fd < 0)
		_exit(1);
	family->janitor = janitor.pid;
	family->child = child.pid;
	strcpy(family->directory, janitor.directory);
	count_up(&family->is_ready);
	for (;;)
		pause();
}

static void a_killed_parent_is_cleaned_up_after(void **state)
{
	struct family *family = shared_memory(sizeof *family);
	int ends[2];
	pid_t parent;

	(void)state;
	fflush(NULL);
	parent = fork();
	assert_true(parent >= 0);
	if (parent == 0)
		be_parent(family);
	assert_true(await_count(&family->is_ready, 2));
	ends[0] = pidfd_of(family->janitor);
	ends[1] = pidfd_of(family->child);
	assert_int_equal(access(family->directory, F_OK), 0);
	kill(parent, SIGKILL);
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	assert_true(await_end(ends[0]));
	assert_true(await_end(ends[1]));
	assert_int_equal(access(family->directory, F_OK), -1);
	assert_int_equal(shm_open(family->name, O_RDONLY, 0), -1);
	while (waitpid(-1, NULL, 0) > 0)
		;
	munmap(family, sizeof *family);
}

/* Where it is the janitor that dies, who started it cleans up. */
static void a_killed_janitor_leaves_nothing(void **state)
{
	char directory[128];

	(void)state;
	assert_int_equal(begin(NULL), 0);
	snprintf(directory, sizeof directory, "%s", janitor.directory);
	kill(janitor.pid, SIGKILL);
	assert_int_equal(access(directory, F_OK), 0);
	janitor_stop(&janitor);
	assert_int_equal(access(directory, F_OK), -1);
}

static void no_place_for_a_directory(void **state)
{
	char absent[128];

	(void)state;
	snprintf(absent, sizeof absent, "%s/absent", place.directory);
	setenv("TMPDIR", absent, 1);
	assert_int_equal(begin(NULL), -ENOENT);
	setenv("TMPDIR", place.directory, 1);
	assert_non_null(strstr(why.text, absent));
	assert_non_null(strstr(why.text, "set TMPDIR"));
	assert_false(has_children());
	/* A relative one is not taken: sides may be elsewhere. */
	setenv("TMPDIR", "relative", 1);
	assert_int_equal(begin(NULL), 0);
	assert_int_equal(strncmp(janitor.directory, "/tmp/ipcmark-", 13), 0);
	janitor_stop(&janitor);
	setenv("TMPDIR", place.directory, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_directory_is_private, begin, end),
		cmocka_unit_test_setup_teardown(
			it_sits_in_a_session_of_its_own, begin, end),
		cmocka_unit_test_setup_teardown(signals_do_not_end_it, begin, end),
		cmocka_unit_test(stopping_removes_everything),
		cmocka_unit_test(two_in_one_process),
		cmocka_unit_test_setup_teardown(children_return_their_status, begin, end),
		cmocka_unit_test_setup_teardown(ending_kills, begin, end),
		cmocka_unit_test_setup_teardown(children_begin_afresh, begin, end),
		cmocka_unit_test_setup_teardown(no_descriptor_for_a_child, begin, end),
		cmocka_unit_test_setup_teardown(reaping_keeps_the_priority, begin, end),
		cmocka_unit_test(a_killed_parent_is_cleaned_up_after),
		cmocka_unit_test(a_killed_janitor_leaves_nothing),
		cmocka_unit_test(no_place_for_a_directory),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
