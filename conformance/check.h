/* check.h: one conformance assertion, and what its body can say and do.
 *
 * A check runs in a child of its own: a process group, no inherited descriptors but the
 * standard ones, an empty private directory as the working one, default dispositions, an
 * empty mask, no core file, a deadline. The body tries the system, and states what must
 * hold by the macros below; the first that does not hold ends the check with a verdict:
 *
 *     deviates  an EXPECT_* did not hold, or what was promised did not come in time
 *     broken    it could not be tested: a SETUP failed, a crash, a hang with no promise
 *     skipped   SKIP, a need that is not met, or a set-up that the machine refuses
 *
 * What a check says, who promises it and how it is tested stands in checks.csv, by id. */
#ifndef IPCMARK_CHECK_H
#define IPCMARK_CHECK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "harness/base/ledger.h"

struct scene;

/* A value that the body is run with, as a point of its own: "pipe.x.y.NAME". */
struct value {
	const char *name;
	int64_t number; /* scene->number in the body */
};

/* What a check needs of the machine; without it, it is skipped with a reason. A system
 * call that is missing needs no mention: ENOSYS from any of the macros is a skip for what
 * Linux promises, and a deviation from what POSIX does. */
enum need {
	NEED_ROOT = 1 << 0, /* may become another user */
	NEED_PROC = 1 << 1, /* /proc of processes */
	NEED_TWO_CPUS = 1 << 2,
	NEED_SYSV_SHM = 1 << 3,
	NEED_SYSV_SEM = 1 << 4,
	NEED_SYSV_MSG = 1 << 5,
	NEED_POSIX_MQ = 1 << 6,
	NEED_HUGE_PAGES = 1 << 7, /* one is free */
	NEED_IPV4 = 1 << 8, /* the loopback interface */
	NEED_IPV6 = 1 << 9,
	NEED_FIFO_SCHED = 1 << 10, /* may use SCHED_FIFO */
	NEED_NAMESPACES =
		1 << 11, /* may unshare(2) what it needs, and /proc to set it up */
	NEED_POSIX_SHM = 1 << 12, /* where named memory and semaphores live */
	NEED_DESCRIPTORS = 1 << 13, /* numbers up to NEEDED_DESCRIPTORS may be used */
};
#define NEEDS 14

#define NEEDED_DESCRIPTORS 128

struct check {
	const char *id; /* "pipe.eof.drain_then_zero"; begins with the topic */
	void (*run)(struct scene *scene);
	unsigned needs; /* of enum need */
	bool is_serial; /* needs the machine to itself: nothing else of ours runs */
	const struct value *values; /* NULL, or ends with a NULL name */
};

/* One a file, listed in suites.def. */
struct suite {
	const char *name;
	const struct check *checks; /* ends with a NULL id */
};

#define GATES 16
#define CELLS 32

/* What the processes of a check share, zero at its start. */
struct common {
	_Atomic uint32_t gates[GATES];
	_Atomic int64_t cells[CELLS];
};

struct verdict;

struct scene {
	const struct check *check;
	int64_t number; /* of the value */
	const char *directory; /* absolute path of the working directory */
	struct common *common;
	struct ledger *ledger; /* what is entered is removed, whatever happens */
	struct verdict *verdict; /* where the words go; shared with the runner */
	pid_t leader; /* the check's own process */
	bool is_posix; /* who promises it */
};

/* -- What must hold. `call` is evaluated once; its text is what the report shows. ------
 */

#define CHECK_HERE __FILE__, __LINE__

/* The call returns `want`, a number. */
#define EXPECT_INT(scene, call, want)                                                    \
	expect_int((scene), CHECK_HERE, #call, (int64_t)(call), (int64_t)(want))
/* The call returns anything but -1. Returns its value, as an int. */
#define EXPECT_OK(scene, call) expect_ok((scene), CHECK_HERE, #call, (int64_t)(call))
/* The call returns -1 and sets errno to `want`. */
#define EXPECT_ERROR(scene, call, want)                                                  \
	expect_error((scene), CHECK_HERE, #call, (int64_t)(call), (want))
/* The call returns an error number (as pthread functions do), or 0; the report shows its
 * name. */
#define EXPECT_CODE(scene, call, want)                                                   \
	expect_code((scene), CHECK_HERE, #call, (call), (want))
/* `size` bytes are the same. */
#define EXPECT_BYTES(scene, got, want, size)                                             \
	expect_bytes((scene), CHECK_HERE, #got, (got), (want), (size))
/* The condition holds; the words say what was got, and what was wanted instead. */
#define EXPECT(scene, condition, ...)                                                    \
	((condition) ? (void)0 : deviates((scene), CHECK_HERE, #condition, __VA_ARGS__))

/* -- What has to work so that the promise can be tested at all. ------------------------
 */

/* The call does not return -1. Returns its value, as an int. */
#define SETUP(scene, call) set_up((scene), CHECK_HERE, #call, (int64_t)(call))
/* The call returns 0, or else an error number. */
#define SETUP_CODE(scene, call) set_up_code((scene), CHECK_HERE, #call, (call))
/* The call returns a pointer that is neither NULL nor MAP_FAILED (nor SEM_FAILED). */
#define SETUP_POINTER(scene, call) set_up_pointer((scene), CHECK_HERE, #call, (call))
/* It cannot be tested: words. */
#define BROKEN(scene, ...) broken((scene), CHECK_HERE, __VA_ARGS__)
/* It cannot be tested on this machine: the reason. */
#define SKIP(scene, ...) skip_check((scene), CHECK_HERE, __VA_ARGS__)

/* Adds to what the report says was seen, whatever the verdict ("capacity 65536 bytes").
 */
void note(struct scene *scene, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* From here until arrived(), a time-out means that the promise was not kept. The words
 * complete "did not come: ..." ("the reader returns"). */
#define PROMISED(scene, words) promised((scene), CHECK_HERE, (words))
void arrived(struct scene *scene);

/* -- Processes. -----------------------------------------------------------------------
 */

/* Forks. The child dies with its parent; an EXPECT_* in it ends the whole check; it must
 * end by _exit(), or by returning from no body. */
pid_t scene_fork(struct scene *scene);

/* Waits for the child to end, which is promised ("the reader returns"): status as
 * waitpid(2) gives it. */
#define REAP(scene, pid, words) reap((scene), CHECK_HERE, (pid), (words))
/* Waits for the child, which must exit with `code`, or die of `signal`. */
#define EXPECT_EXIT(scene, pid, code)                                                    \
	expect_exit((scene), CHECK_HERE, #pid, (pid), (code))
#define EXPECT_KILLED(scene, pid, signal)                                                \
	expect_killed((scene), CHECK_HERE, #pid, (pid), (signal))
/* Kills a child, if it is still there, and reaps it. */
void scene_end(struct scene *scene, pid_t pid);

/* Waits until the process or thread (by its gettid(2)) sleeps in one of the system calls,
 * as its state and /proc/PID/syscall show; deviates if it ends instead. Where the second
 * cannot be read, a state of sleep that lasts is the weaker evidence, and noted. */
#define EXPECT_BLOCKED(scene, pid, ...)                                                  \
	expect_blocked(                                                                  \
		(scene), CHECK_HERE, #pid, (pid), (const long[]) { __VA_ARGS__, -1 })
/* System calls that go by several names; for EXPECT_BLOCKED. */
#define IN_FUTEX SCENE_FUTEX
#define IN_POLL  SCENE_POLL
#define IN_SLEEP SCENE_SLEEP

/* Waits until the process's state in /proc is one of these letters ("T", "Zt"). */
#define EXPECT_STATE(scene, pid, letters)                                                \
	expect_state((scene), CHECK_HERE, #pid, (pid), (letters))

/* Becomes a user and group who owns nothing and has no privilege (needs NEED_ROOT); not
 * back again, so do it in a child. */
void scene_become_nobody(struct scene *scene);

/* Skips the check where no user or group has these numbers: user_namespaces(7). */
void scene_need_ids(struct scene *scene, uid_t user, gid_t group);

/* Gates order the processes of a check. Opening is for all time. */
void scene_open(struct scene *scene, int gate);
void scene_wait(struct scene *scene, int gate);

/* -- Things. --------------------------------------------------------------------------
 */

/* Shared, zeroed memory of the check's processes. */
void *scene_memory(struct scene *scene, size_t size);

/* An unpredictable, unused, ledgered name for shm_open, mq_open or sem_open. */
void scene_name(struct scene *scene, enum ledger_kind kind, char name[LEDGER_NAME]);

/* A System V object of this check under a random key, ledgered before it is made:
 * a segment of `size` bytes, a set of `size` semaphores, a queue. Set-up. */
int scene_sysv(struct scene *scene, enum ledger_kind kind, size_t size);

/* Enters an object that the check has just made itself, so that it does not outlive it.
 */
void scene_adopt_sysv(struct scene *scene, enum ledger_kind kind, int id);

/* A random key at which there is nothing. */
key_t scene_key(struct scene *scene, enum ledger_kind kind);

/* Counts the deliveries of a signal to this process from here on; `flags` as of
 * sigaction(2). */
void scene_catch(struct scene *scene, int signal, int flags);
int scene_caught(int signal);

/* A pipe's two ends; a descriptor's O_NONBLOCK; as many bytes as fit without blocking,
 * written `chunk` at a time (returns how many). Set-up. */
void scene_pipe(struct scene *scene, int end[2]);
void scene_nonblock(struct scene *scene, int fd, bool is_nonblocking);
int64_t scene_fill(struct scene *scene, int fd, size_t chunk);

/* What a check executes to see what exec left: this program under another name, and the
 * number of a descriptor to report to; see exec_report.h. main() asks first of all: it
 * does not return if this is the name. */
#define CHECK_EXECUTED "ipcmark-executed"
void check_executed(int argc, char **argv);

/* -- Behind the macros.
 * ----------------------------------------------------------------*/

#include "conformance/expect.h"

#endif
