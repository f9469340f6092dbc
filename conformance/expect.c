#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/errors.h"
#include "conformance/proc.h"
#include "conformance/verdict.h"

/* Not every C library has it; every system of ours packs a status so. */
#ifndef W_EXITCODE
#define W_EXITCODE(code, signal) ((code) << 8 | (signal))
#endif

/* How often a state of sleep is seen in a row before it counts where the system call
 * cannot be read. */
#define WEAK_LOOKS 500

/* Ends the check, whichever of its processes this is. */
static _Noreturn void stop(const struct scene *scene)
{
	/* Raw: kill() may be the very thing that is tested. */
	if (getpid() != scene->leader)
		syscall(SYS_kill, scene->leader, SIGKILL);
	_exit(0);
}

/* The outcome to write. Where another process of the check was first, this one ends. */
static struct outcome *claim(struct scene *scene)
{
	if (atomic_exchange(&scene->verdict->is_claimed, 1))
		stop(scene);
	return &scene->verdict->outcome;
}

static _Noreturn void conclude(struct scene *scene, enum verdict_kind kind,
	const char *file, int line, const char *what, int error)
{
	struct outcome *outcome = &scene->verdict->outcome;

	if (error == ENOSYS && kind != VERDICT_SKIPPED) {
		/* It is not there: what Linux adds may be absent, what POSIX has not. */
		kind = scene->is_posix ? VERDICT_DEVIATES : VERDICT_SKIPPED;
		snprintf(outcome->reason, sizeof outcome->reason,
			"not implemented by this system: %s", what);
	}
	outcome->kind = kind;
	outcome->error = error;
	snprintf(outcome->what, sizeof outcome->what, "%s", what);
	snprintf(outcome->where, sizeof outcome->where, "%s:%d", file, line);
	atomic_store(&scene->verdict->is_written, 1);
	stop(scene);
}

static void number_words(char words[VERDICT_WORDS], int64_t number, int error)
{
	char name[ERROR_NAME];

	if (number == -1)
		snprintf(words, VERDICT_WORDS, "-1 (%s)", error_name(error, name));
	else
		snprintf(words, VERDICT_WORDS, "%lld", (long long)number);
}

void expect_int(struct scene *scene, const char *file, int line, const char *what,
	int64_t got, int64_t want)
{
	int error = errno;
	struct outcome *outcome;

	if (got == want)
		return;
	outcome = claim(scene);
	number_words(outcome->got, got, error);
	snprintf(outcome->want, sizeof outcome->want, "%lld", (long long)want);
	conclude(scene, VERDICT_DEVIATES, file, line, what, got == -1 ? error : 0);
}

int expect_ok(
	struct scene *scene, const char *file, int line, const char *what, int64_t got)
{
	int error = errno;
	struct outcome *outcome;

	if (got != -1)
		return (int)got;
	outcome = claim(scene);
	number_words(outcome->got, got, error);
	snprintf(outcome->want, sizeof outcome->want, "no error");
	conclude(scene, VERDICT_DEVIATES, file, line, what, error);
}

void expect_error(struct scene *scene, const char *file, int line, const char *what,
	int64_t got, int want)
{
	int error = errno;
	struct outcome *outcome;
	char name[ERROR_NAME];

	if (got == -1 && error == want)
		return;
	outcome = claim(scene);
	number_words(outcome->got, got, error);
	snprintf(outcome->want, sizeof outcome->want, "-1 (%s)", error_name(want, name));
	conclude(scene, VERDICT_DEVIATES, file, line, what, got == -1 ? error : 0);
}

void expect_code(struct scene *scene, const char *file, int line, const char *what,
	int got, int want)
{
	struct outcome *outcome;
	char name[ERROR_NAME];

	if (got == want)
		return;
	outcome = claim(scene);
	snprintf(outcome->got, sizeof outcome->got, "%s", error_name(got, name));
	snprintf(outcome->want, sizeof outcome->want, "%s", error_name(want, name));
	conclude(scene, VERDICT_DEVIATES, file, line, what, got);
}

void expect_bytes(struct scene *scene, const char *file, int line, const char *what,
	const void *got, const void *want, size_t size)
{
	const unsigned char *a = got, *b = want;
	struct outcome *outcome;
	size_t at = 0;

	while (at < size && a[at] == b[at])
		at++;
	if (at == size)
		return;
	outcome = claim(scene);
	snprintf(outcome->got, sizeof outcome->got, "byte %zu of %zu is 0x%02x", at, size,
		a[at]);
	snprintf(outcome->want, sizeof outcome->want, "0x%02x", b[at]);
	conclude(scene, VERDICT_DEVIATES, file, line, what, 0);
}

void deviates(struct scene *scene, const char *file, int line, const char *what,
	const char *format, ...)
{
	struct outcome *outcome = claim(scene);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(outcome->got, sizeof outcome->got, format, arguments);
	va_end(arguments);
	conclude(scene, VERDICT_DEVIATES, file, line, what, 0);
}

/* A limit, or somebody who may not: the machine's doing, and no fault of the check. */
static bool is_refusal(int error)
{
	return error == EPERM || error == EACCES || error == ENOSPC || error == ENOMEM ||
	       error == EMFILE || error == ENFILE || error == EDQUOT;
}

static _Noreturn void set_up_failed(
	struct scene *scene, const char *file, int line, const char *what, int error)
{
	struct outcome *outcome = claim(scene);
	char name[ERROR_NAME];

	snprintf(outcome->reason, sizeof outcome->reason, "%s: %s: %s",
		is_refusal(error) ? "the machine refuses the set-up" : "set-up failed",
		what, error_name(error, name));
	conclude(scene, is_refusal(error) ? VERDICT_SKIPPED : VERDICT_BROKEN, file, line,
		what, error);
}

int set_up(struct scene *scene, const char *file, int line, const char *what, int64_t got)
{
	if (got == -1)
		set_up_failed(scene, file, line, what, errno);
	return (int)got;
}

void set_up_code(
	struct scene *scene, const char *file, int line, const char *what, int got)
{
	if (got)
		set_up_failed(scene, file, line, what, got);
}

void *set_up_pointer(
	struct scene *scene, const char *file, int line, const char *what, void *got)
{
	if (!got || got == MAP_FAILED)
		set_up_failed(scene, file, line, what, errno);
	return got;
}

void broken(struct scene *scene, const char *file, int line, const char *format, ...)
{
	struct outcome *outcome = claim(scene);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(outcome->reason, sizeof outcome->reason, format, arguments);
	va_end(arguments);
	conclude(scene, VERDICT_BROKEN, file, line, "", 0);
}

void skip_check(struct scene *scene, const char *file, int line, const char *format, ...)
{
	struct outcome *outcome = claim(scene);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(outcome->reason, sizeof outcome->reason, format, arguments);
	va_end(arguments);
	conclude(scene, VERDICT_SKIPPED, file, line, "", 0);
}

void note(struct scene *scene, const char *format, ...)
{
	char *notes = scene->verdict->outcome.notes;
	size_t used = strnlen(notes, VERDICT_NOTES);
	va_list arguments;

	if (used && used + 3 < VERDICT_NOTES) {
		memcpy(notes + used, "; ", 3);
		used += 2;
	}
	va_start(arguments, format);
	vsnprintf(notes + used, VERDICT_NOTES - used, format, arguments);
	va_end(arguments);
}

void promised(struct scene *scene, const char *file, int line, const char *words)
{
	struct verdict *verdict = scene->verdict;

	atomic_store(&verdict->is_promised, 0);
	snprintf(verdict->promise, sizeof verdict->promise, "%s", words);
	snprintf(verdict->promise_where, sizeof verdict->promise_where, "%s:%d", file,
		line);
	atomic_store(&verdict->is_promised, 1);
}

void arrived(struct scene *scene)
{
	atomic_store(&scene->verdict->is_promised, 0);
}

int reap(struct scene *scene, const char *file, int line, pid_t pid, const char *words)
{
	int status = 0;
	pid_t got;

	promised(scene, file, line, words);
	do {
		got = waitpid(pid, &status, 0);
	} while (got < 0 && errno == EINTR);
	if (got != pid)
		broken(scene, file, line, "wait for %s: %s", words, strerror(errno));
	arrived(scene);
	return status;
}

static void status_words(char words[VERDICT_WORDS], int status)
{
	char name[ERROR_NAME];

	if (WIFSIGNALED(status))
		snprintf(words, VERDICT_WORDS, "killed by %s",
			signal_name(WTERMSIG(status), name));
	else
		snprintf(words, VERDICT_WORDS, "exit status %d", WEXITSTATUS(status));
}

static void expect_status(struct scene *scene, const char *file, int line,
	const char *what, int status, int want)
{
	struct outcome *outcome;

	if (status == want || (WIFSIGNALED(want) && WIFSIGNALED(status) &&
				      WTERMSIG(want) == WTERMSIG(status)))
		return;
	outcome = claim(scene);
	status_words(outcome->got, status);
	status_words(outcome->want, want);
	conclude(scene, VERDICT_DEVIATES, file, line, what, 0);
}

void expect_exit(struct scene *scene, const char *file, int line, const char *what,
	pid_t pid, int code)
{
	char words[64];

	snprintf(words, sizeof words, "the %s ends", what);
	expect_status(scene, file, line, what, reap(scene, file, line, pid, words),
		W_EXITCODE(code, 0));
}

void expect_killed(struct scene *scene, const char *file, int line, const char *what,
	pid_t pid, int signal)
{
	char words[64];

	snprintf(words, sizeof words, "the %s dies", what);
	expect_status(scene, file, line, what, reap(scene, file, line, pid, words),
		W_EXITCODE(0, signal));
}

static bool is_one_of(long call, const long *calls)
{
	for (size_t i = 0; calls[i] != -1; i++)
		if (calls[i] == call)
			return true;
	return false;
}

/* Its state, which must not be that of the dead. */
static int living_state(
	struct scene *scene, const char *file, int line, const char *what, pid_t pid)
{
	int state = proc_state(pid);

	if (state == -ESRCH || state == 'Z' || state == 'X')
		deviates(scene, file, line, what, "the %s went on instead of blocking",
			what);
	if (state < 0)
		skip_check(scene, file, line,
			"the state of a process cannot be seen: /proc: %s",
			strerror(-state));
	return state;
}

void expect_blocked(struct scene *scene, const char *file, int line, const char *what,
	pid_t pid, const long *calls)
{
	char words[64];
	int looks = 0;

	snprintf(words, sizeof words, "the %s blocks", what);
	promised(scene, file, line, words);
	for (;;) {
		int state = living_state(scene, file, line, what, pid);
		long call = proc_call(pid);

		if (state == 'S' && is_one_of(call, calls))
			break;
		if (call != PROC_UNTOLD || state != 'S')
			looks = 0;
		else if (++looks == WEAK_LOOKS) {
			note(scene, "the system call cannot be read: weaker evidence, "
				    "the state alone");
			break;
		}
		proc_pause();
	}
	arrived(scene);
}

void expect_state(struct scene *scene, const char *file, int line, const char *what,
	pid_t pid, const char *letters)
{
	char words[64];
	int state;

	snprintf(words, sizeof words, "the state of the %s is one of %s", what, letters);
	promised(scene, file, line, words);
	while ((state = proc_state(pid)), state < 0 || !strchr(letters, state)) {
		if (state < 0)
			skip_check(scene, file, line,
				"the state of the %s cannot be seen: %s", what,
				strerror(-state));
		proc_pause();
	}
	arrived(scene);
}
