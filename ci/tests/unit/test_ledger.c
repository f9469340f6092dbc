/* The ledger of names: entered before they exist, removed exactly once, by whoever is
 * left. */
#include "pair_helper.h"

#include <mqueue.h>
#include <pthread.h>

#include "harness/base/ledger.h"

#define ENTRIES 256

static struct ledger *ledger;
static struct why why;

static int set_up(void **state)
{
	(void)state;
	return place_make();
}

static int tear_down(void **state)
{
	(void)state;
	assert_nothing_named();
	return place_remove();
}

static int make(void **state)
{
	(void)state;
	why_clear(&why);
	ledger = ledger_create(&why);
	return ledger ? 0 : -1;
}

/* It lives as long as the process; the sanitizer does not count mappings. */
static int drop(void **state)
{
	(void)state;
	ledger_clear(ledger);
	return ledger_count(ledger) ? -1 : 0;
}

static bool shm_is_there(const char *name)
{
	int fd = shm_open(name, O_RDONLY, 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool shm_make(const char *name)
{
	int fd = shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void names_are_made_up(void **state)
{
	char names[8][LEDGER_NAME];

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		assert_int_equal(ledger_name(ledger, LEDGER_SHM, names[i], &why), 0);
		assert_int_equal(ledger_count(ledger), i + 1);
		assert_int_equal(strlen(names[i]), strlen("/ipcmark-0123456789abcdef"));
		assert_int_equal(strncmp(names[i], "/ipcmark-", 9), 0);
		assert_int_equal(strspn(names[i] + 9, "0123456789abcdef"), 16);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(names[i], names[j]);
		/* Entered, not made. */
		assert_false(shm_is_there(names[i]));
	}
	for (size_t i = 0; i < 8; i++) {
		assert_true(shm_make(names[i]));
		ledger_remove(ledger, LEDGER_SHM, names[i]);
		assert_false(shm_is_there(names[i]));
		assert_int_equal(ledger_count(ledger), 7 - i);
	}
}

static void only_what_is_entered_is_removed(void **state)
{
	char name[LEDGER_NAME], stranger[] = "/ipcmark-test-of-a-stranger";

	(void)state;
	assert_int_equal(ledger_name(ledger, LEDGER_SHM, name, &why), 0);
	assert_true(shm_make(name));
	assert_true(shm_make(stranger));
	ledger_remove(ledger, LEDGER_SHM, stranger); /* not in it */
	ledger_remove(ledger, LEDGER_MQ, name); /* another kind */
	assert_true(shm_is_there(stranger));
	assert_true(shm_is_there(name));
	assert_int_equal(ledger_count(ledger), 1);
	/* What is gone already is no error. */
	shm_unlink(name);
	ledger_remove(ledger, LEDGER_SHM, name);
	ledger_remove(ledger, LEDGER_SHM, name);
	assert_int_equal(ledger_count(ledger), 0);
	ledger_clear(ledger);
	assert_true(shm_is_there(stranger));
	shm_unlink(stranger);
}

static void a_full_ledger_says_so(void **state)
{
	char name[LEDGER_NAME], long_name[2 * LEDGER_NAME];

	(void)state;
	for (size_t i = 0; i < ENTRIES; i++)
		assert_int_equal(ledger_name(ledger, LEDGER_SHM, name, &why), 0);
	assert_int_equal(ledger_count(ledger), ENTRIES);
	assert_int_equal(ledger_name(ledger, LEDGER_SHM, long_name, &why), -ENOSPC);
	assert_non_null(strstr(why.text, "full (256 entries)"));
	assert_int_equal(ledger_add_process(ledger, 1, NULL), -ENOSPC);
	ledger_remove(ledger, LEDGER_SHM, name);
	memset(long_name, 'x', sizeof long_name - 1);
	long_name[sizeof long_name - 1] = '\0';
	why_clear(&why);
	assert_int_equal(ledger_add(ledger, LEDGER_SHM, long_name, &why), -ENAMETOOLONG);
	assert_int_equal(ledger_count(ledger), ENTRIES - 1);
	/* The place that was free still is. */
	assert_int_equal(ledger_name(ledger, LEDGER_SHM, name, &why), 0);
	ledger_clear(ledger);
	assert_int_equal(ledger_count(ledger), 0);
}

static void touch(const char *path)
{
	int fd = open(path, O_CREAT | O_EXCL | O_WRONLY, 0600);

	assert_true(fd >= 0);
	close(fd);
}

static void a_directory_goes_with_all_it_holds(void **state)
{
	char mine[128], other[128], path[192];

	(void)state;
	snprintf(mine, sizeof mine, "%s/ipcmark-mine", place.directory);
	snprintf(other, sizeof other, "%s/ipcmark-other", place.directory);
	assert_int_equal(ledger_add(ledger, LEDGER_DIRECTORY, mine, &why), 0);
	assert_int_equal(mkdir(mine, 0700), 0);
	assert_int_equal(mkdir(other, 0700), 0);
	snprintf(path, sizeof path, "%s/kept", other);
	touch(path);
	/* What a link points to is not ours. */
	snprintf(path, sizeof path, "%s/link", mine);
	assert_int_equal(symlink(other, path), 0);
	snprintf(path, sizeof path, "%s/inner", mine);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof path, "%s/inner/file", mine);
	touch(path);
	snprintf(path, sizeof path, "%s/fifo", mine);
	assert_int_equal(mkfifo(path, 0600), 0);
	ledger_clear(ledger);
	assert_int_equal(access(mine, F_OK), -1);
	snprintf(path, sizeof path, "%s/kept", other);
	assert_int_equal(access(path, F_OK), 0);
	unlink(path);
	rmdir(other);
}

static void queues_are_removed(void **state)
{
	char name[LEDGER_NAME];
	mqd_t queue;

	(void)state;
	assert_int_equal(ledger_name(ledger, LEDGER_MQ, name, &why), 0);
	queue = mq_open(name, O_CREAT | O_EXCL | O_RDWR, 0600, NULL);
	if (queue == (mqd_t)-1) {
		ledger_clear(ledger);
		skip(); /* none here, or none allowed */
	}
	mq_close(queue);
	ledger_clear(ledger);
	assert_true(mq_open(name, O_RDONLY) == (mqd_t)-1);
	assert_int_equal(errno, ENOENT);
}

static pid_t sleeper(void)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

static void processes_are_killed_unless_forgotten(void **state)
{
	pid_t entered = sleeper(), forgotten = sleeper();
	int status;

	(void)state;
	assert_int_equal(ledger_add_process(ledger, entered, &why), 0);
	assert_int_equal(ledger_add_process(ledger, forgotten, &why), 0);
	ledger_forget_process(ledger, forgotten);
	assert_int_equal(ledger_count(ledger), 1);
	ledger_clear(ledger);
	assert_int_equal(waitpid(entered, &status, 0), entered);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_int_equal(waitpid(forgotten, &status, WNOHANG), 0);
	kill(forgotten, SIGKILL);
	assert_int_equal(waitpid(forgotten, NULL, 0), forgotten);
	assert_int_equal(ledger_count(ledger), 0);
}

static void children_share_it(void **state)
{
	char *name = shared_memory(LEDGER_NAME);
	pid_t pid;
	int status;

	(void)state;
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(ledger_name(ledger, LEDGER_SHM, name, NULL) || !shm_make(name));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(ledger_count(ledger), 1);
	assert_true(shm_is_there(name));
	ledger_clear(ledger);
	assert_false(shm_is_there(name));
	munmap(name, LEDGER_NAME);
}

/* Claims and strikes of several at once: none shares a slot with another. */
#define THREADS 4
static void *enter_and_remove(void *argument)
{
	static char something_is_wrong;
	unsigned wrong = 0;

	for (unsigned turn = 0; turn < 200; turn++) {
		char names[16][LEDGER_NAME];

		for (size_t i = 0; i < 16; i++)
			wrong += ledger_name(argument, LEDGER_SHM, names[i], NULL) != 0;
		for (size_t i = 0; i < 16; i++) {
			wrong += !shm_make(names[i]);
			ledger_remove(argument, LEDGER_SHM, names[i]);
			wrong += shm_is_there(names[i]);
		}
	}
	return wrong ? &something_is_wrong : NULL;
}

static void entries_do_not_collide(void **state)
{
	pthread_t threads[THREADS];

	(void)state;
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, enter_and_remove, ledger), 0);
	for (size_t i = 0; i < THREADS; i++) {
		void *wrong;

		pthread_join(threads[i], &wrong);
		assert_null(wrong);
	}
	assert_int_equal(ledger_count(ledger), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(names_are_made_up, make, drop),
		cmocka_unit_test_setup_teardown(
			only_what_is_entered_is_removed, make, drop),
		cmocka_unit_test_setup_teardown(a_full_ledger_says_so, make, drop),
		cmocka_unit_test_setup_teardown(
			a_directory_goes_with_all_it_holds, make, drop),
		cmocka_unit_test_setup_teardown(queues_are_removed, make, drop),
		cmocka_unit_test_setup_teardown(
			processes_are_killed_unless_forgotten, make, drop),
		cmocka_unit_test_setup_teardown(children_share_it, make, drop),
		cmocka_unit_test_setup_teardown(entries_do_not_collide, make, drop),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
