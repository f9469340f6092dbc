/* System V objects in the ledger: entered before they exist, removed by whoever is left,
 * and nothing of anybody else's is ever touched. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/base/janitor.h"
#include "harness/base/ledger.h"
#include "harness/base/sysv.h"

#define KINDS 3
static const enum ledger_kind kinds[KINDS] = { LEDGER_SYSV_SHM, LEDGER_SYSV_SEM,
	LEDGER_SYSV_MSG };
static const enum sysv_kind sysv_kinds[KINDS] = { SYSV_SHM, SYSV_SEM, SYSV_MSG };

/* semctl(2) wants it from the caller. */
union semaphore_argument {
	int value;
	struct semid_ds *status;
};

static struct ledger *ledger;
static struct why why;

/* The permissions of an object, false when there is none. */
static bool permissions(enum sysv_kind kind, int id, struct ipc_perm *perm)
{
	struct shmid_ds segment;
	struct semid_ds set;
	struct msqid_ds queue;

	if (kind == SYSV_SHM) {
		if (shmctl(id, IPC_STAT, &segment))
			return false;
		*perm = segment.shm_perm;
	} else if (kind == SYSV_SEM) {
		if (semctl(id, 0, IPC_STAT,
			    (union semaphore_argument) { .status = &set }))
			return false;
		*perm = set.sem_perm;
	} else {
		if (msgctl(id, IPC_STAT, &queue))
			return false;
		*perm = queue.msg_perm;
	}
	return true;
}

static bool is_there(enum sysv_kind kind, int id)
{
	struct ipc_perm perm;

	return permissions(kind, id, &perm);
}

static struct sysv_object object_made(enum sysv_kind kind)
{
	struct sysv_object object = {
		.kind = kind,
		.id = SYSV_NO_ID,
		.maker = getpid(),
		.since_s = (int64_t)time(NULL),
	};

	assert_int_equal(sysv_key(kind, &object.key), 0);
	assert_int_equal(sysv_make(&object, 1), 0);
	assert_int_not_equal(object.id, SYSV_NO_ID);
	return object;
}

static int set_up(void **state)
{
	key_t key;

	(void)state;
	why_clear(&why);
	ledger = ledger_create(&why);
	if (sysv_key(SYSV_SHM, &key) == -ENOSYS) {
		print_message("this kernel has no System V IPC\n");
		exit(0);
	}
	return ledger ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	ledger_clear(ledger);
	return 0;
}

static void object_is_entered_private_and_removed(void **state)
{
	(void)state;
	for (size_t i = 0; i < KINDS; i++) {
		struct ipc_perm perm;
		int id;

		assert_int_equal(ledger_sysv(ledger, kinds[i], 3, &id, &why), 0);
		assert_int_equal(ledger_count(ledger), 1);
		assert_true(permissions(sysv_kinds[i], id, &perm));
		assert_int_equal(perm.mode & 0777, 0600);
		assert_int_not_equal(perm.__key, IPC_PRIVATE);
		ledger_remove_sysv(ledger, kinds[i], id);
		assert_false(is_there(sysv_kinds[i], id));
		assert_int_equal(ledger_count(ledger), 0);
	}
}

static void a_set_has_as_many_semaphores_as_asked(void **state)
{
	struct semid_ds set;
	int id;

	(void)state;
	assert_int_equal(ledger_sysv(ledger, LEDGER_SYSV_SEM, 5, &id, &why), 0);
	assert_int_equal(
		semctl(id, 0, IPC_STAT, (union semaphore_argument) { .status = &set }),
		0);
	assert_int_equal(set.sem_nsems, 5);
}

static void clear_removes_all_that_is_entered(void **state)
{
	int ids[KINDS];

	(void)state;
	for (size_t i = 0; i < KINDS; i++)
		assert_int_equal(ledger_sysv(ledger, kinds[i], 1, &ids[i], &why), 0);
	ledger_clear(ledger);
	for (size_t i = 0; i < KINDS; i++)
		assert_false(is_there(sysv_kinds[i], ids[i]));
	assert_int_equal(ledger_count(ledger), 0);
}

static void an_id_that_is_not_entered_stays(void **state)
{
	(void)state;
	for (size_t i = 0; i < KINDS; i++) {
		struct sysv_object other = object_made(sysv_kinds[i]);

		ledger_remove_sysv(ledger, kinds[i], other.id);
		assert_true(is_there(sysv_kinds[i], other.id));
		sysv_remove(&other);
		assert_false(is_there(sysv_kinds[i], other.id));
	}
}

static void what_is_gone_already_is_no_error(void **state)
{
	int id;

	(void)state;
	assert_int_equal(ledger_sysv(ledger, LEDGER_SYSV_MSG, 0, &id, &why), 0);
	assert_int_equal(msgctl(id, IPC_RMID, NULL), 0);
	ledger_remove_sysv(ledger, LEDGER_SYSV_MSG, id);
	assert_int_equal(ledger_count(ledger), 0);
}

/* Where the maker died between making an object and noting its id. */
static void an_object_without_id_is_found_by_its_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < KINDS; i++) {
		struct sysv_object object = object_made(sysv_kinds[i]);
		int id = object.id;

		object.id = SYSV_NO_ID;
		sysv_remove(&object);
		assert_false(is_there(sysv_kinds[i], id));
	}
}

static void another_ones_object_at_the_key_stays(void **state)
{
	(void)state;
	for (size_t i = 0; i < KINDS; i++) {
		struct sysv_object theirs = object_made(sysv_kinds[i]);
		struct sysv_object ours = theirs;

		/* Older than our entry. */
		ours.id = SYSV_NO_ID;
		ours.since_s += 1000;
		sysv_remove(&ours);
		assert_true(is_there(sysv_kinds[i], theirs.id));
		/* The id was used again, for another key. */
		ours = theirs;
		ours.key ^= 1;
		sysv_remove(&ours);
		assert_true(is_there(sysv_kinds[i], theirs.id));
		sysv_remove(&theirs);
		assert_false(is_there(sysv_kinds[i], theirs.id));
	}
}

static void an_object_in_use_without_known_id_stays(void **state)
{
	struct sysv_object queue = object_made(SYSV_MSG), ours = queue;
	struct sysv_object segment = object_made(SYSV_SHM);
	const struct {
		long type;
		char text[1];
	} message = { 1, { 'x' } };

	(void)state;
	assert_int_equal(msgsnd(queue.id, &message, 1, IPC_NOWAIT), 0);
	ours.id = SYSV_NO_ID;
	sysv_remove(&ours);
	assert_true(is_there(SYSV_MSG, queue.id));
	sysv_remove(&queue);
	/* The kernel tells which process made a segment. */
	ours = segment;
	ours.maker = getppid();
	sysv_remove(&ours);
	assert_true(is_there(SYSV_SHM, segment.id));
	sysv_remove(&segment);
	assert_false(is_there(SYSV_SHM, segment.id));
}

/* Root could remove it, so that it stays is our doing; only root can be two users. */
static void another_users_object_stays(void **state)
{
	struct sysv_object *theirs = mmap(NULL, sizeof *theirs, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t pid;

	(void)state;
	assert_ptr_not_equal(theirs, MAP_FAILED);
	pid = fork();
	if (pid == 0) {
		if (seteuid(65534))
			_exit(77);
		*theirs = object_made(SYSV_SEM);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
	sysv_remove(theirs);
	assert_true(is_there(SYSV_SEM, theirs->id));
	assert_int_equal(semctl(theirs->id, 0, IPC_RMID), 0);
	munmap(theirs, sizeof *theirs);
}

static void an_impossible_size_says_which_limit(void **state)
{
	int id = 12345;

	(void)state;
	assert_true(ledger_sysv(ledger, LEDGER_SYSV_SEM, 1u << 30, &id, &why) < 0);
	assert_non_null(strstr(why.text, "semaphore set"));
	assert_int_equal(id, 12345);
	assert_int_equal(ledger_count(ledger), 0);
	why_clear(&why);
	assert_true(ledger_sysv(ledger, LEDGER_SYSV_SHM, 0, &id, &why) < 0);
	assert_non_null(strstr(why.text, "shared memory segment"));
	assert_int_equal(ledger_count(ledger), 0);
}

static void a_full_ledger_makes_nothing(void **state)
{
	int id = 12345;

	(void)state;
	while (ledger_add(ledger, LEDGER_SHM, "/ipcmark-no-such-thing", NULL) == 0)
		;
	assert_int_equal(ledger_sysv(ledger, LEDGER_SYSV_SHM, 1, &id, &why), -ENOSPC);
	assert_int_equal(id, 12345);
	assert_non_null(strstr(why.text, "full"));
}

/* A run that is killed: its janitor removes what it made. */
static void killed_run_leaves_nothing(void **state)
{
	int *ids = mmap(NULL, KINDS * sizeof *ids, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int ready[2];
	char byte;
	pid_t pid;

	(void)state;
	assert_ptr_not_equal(ids, MAP_FAILED);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		struct janitor janitor;
		bool is_good = janitor_start(&janitor, &why) == 0;

		for (size_t i = 0; i < KINDS && is_good; i++)
			is_good = ledger_sysv(janitor.ledger, kinds[i], 1, &ids[i],
					  &why) == 0;
		(void)!write(ready[1], is_good ? "y" : "n", 1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	for (size_t i = 0; i < KINDS; i++)
		if (byte == 'y')
			assert_true(is_there(sysv_kinds[i], ids[i]));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_int_equal(byte, 'y');
	/* The janitor is an orphan now, and so a child of this process. */
	while (wait(NULL) > 0 || errno == EINTR)
		;
	close(ready[0]);
	close(ready[1]);
	for (size_t i = 0; i < KINDS; i++)
		assert_false(is_there(sysv_kinds[i], ids[i]));
	munmap(ids, KINDS * sizeof *ids);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(object_is_entered_private_and_removed),
		TEST(a_set_has_as_many_semaphores_as_asked),
		TEST(clear_removes_all_that_is_entered),
		TEST(an_id_that_is_not_entered_stays),
		TEST(what_is_gone_already_is_no_error),
		TEST(an_object_without_id_is_found_by_its_key),
		TEST(another_ones_object_at_the_key_stays),
		TEST(an_object_in_use_without_known_id_stays),
		TEST(another_users_object_stays),
		TEST(an_impossible_size_says_which_limit),
		TEST(a_full_ledger_makes_nothing),
		TEST(killed_run_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
