#include "conformance/subject.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conformance/errors.h"
#include "harness/base/memory.h"

const char *const verdict_names[] = { "none", "ok", "deviates", "broken", "skipped" };

int subject_open(struct subject *subject, struct why *why)
{
	struct scene *scene = &subject->scene;

	*subject = (struct subject) { .stderr_fd = -1 };
	scene->common = memory_shared(sizeof *scene->common);
	scene->verdict = memory_shared(sizeof *scene->verdict);
	if (!scene->common || !scene->verdict) {
		subject_close(subject);
		return why_say(why, ENOMEM, "share memory with a check");
	}
	/* Without it, complaints are lost; nothing else is. */
	subject->stderr_fd = memfd_create("ipcmark-check", MFD_CLOEXEC);
	return 0;
}

void subject_close(struct subject *subject)
{
	memory_unmap(subject->scene.common, sizeof *subject->scene.common);
	memory_unmap(subject->scene.verdict, sizeof *subject->scene.verdict);
	if (subject->stderr_fd >= 0)
		close(subject->stderr_fd);
}

int subject_prepare(struct subject *subject, const struct point *point,
	struct ledger *ledger, struct why *why)
{
	struct scene *scene = &subject->scene;

	memset(scene->common, 0, sizeof *scene->common);
	memset(scene->verdict, 0, sizeof *scene->verdict);
	scene->check = point->check;
	scene->number = point->value ? point->value->number : 0;
	scene->ledger = ledger;
	scene->directory = subject->directory;
	scene->is_posix = point->text->promise == PROMISE_POSIX;
	if (subject->stderr_fd >= 0 && (ftruncate(subject->stderr_fd, 0) ||
					       lseek(subject->stderr_fd, 0, SEEK_SET)))
		return why_say(why, errno, "empty the check's standard error");
	return ledger_directory(ledger, subject->directory, why);
}

/* The standard descriptors and no others. */
static void close_all_else(const struct subject *subject)
{
	int null = open("/dev/null", O_RDWR);

	dup2(null, 0);
	dup2(null, 1);
	dup2(subject->stderr_fd >= 0 ? subject->stderr_fd : null, 2);
	/* Raw: not every C library has it. */
	if (syscall(SYS_close_range, 3, ~0u, 0))
		for (int fd = 3; fd < 1024; fd++)
			close(fd);
}

int subject_run(void *argument)
{
	struct subject *subject = argument;
	struct scene *scene = &subject->scene;
	/* One byte: 0 is passed over where core_pattern names a program; core(5). */
	const struct rlimit no_core = { 1, 1 };

	scene->leader = getpid();
	close_all_else(subject);
	if (chdir(subject->directory))
		BROKEN(scene, "enter the private directory: %s", strerror(errno));
	umask(022);
	setrlimit(RLIMIT_CORE, &no_core);
	/* What its own children leave behind ends with it, not with the runner. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_NAME, "ipcmark-check");
	scene->check->run(scene);
	if (getpid() == scene->leader &&
		!atomic_exchange(&scene->verdict->is_claimed, 1)) {
		scene->verdict->outcome.kind = VERDICT_OK;
		atomic_store(&scene->verdict->is_written, 1);
	}
	return 0;
}

/* The first line of what it complained of, after the reason. */
static void add_complaint(const struct subject *subject, char reason[VERDICT_WORDS])
{
	char text[VERDICT_WORDS];
	size_t used = strlen(reason);
	ssize_t got = subject->stderr_fd < 0
			      ? 0
			      : pread(subject->stderr_fd, text, sizeof text - 1, 0);

	if (got <= 0)
		return;
	text[got] = '\0';
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ')
			*c = ' ';
	snprintf(reason + used, VERDICT_WORDS - used, ": %s", text);
}

void subject_outcome(const struct subject *subject, int status, uint64_t late_ms,
	struct outcome *outcome)
{
	struct verdict *verdict = subject->scene.verdict;
	char name[ERROR_NAME];

	*outcome = verdict->outcome;
	if (atomic_load(&verdict->is_written))
		return;
	outcome->kind = VERDICT_BROKEN;
	if (late_ms && atomic_load(&verdict->is_promised)) {
		outcome->kind = VERDICT_DEVIATES;
		snprintf(outcome->want, sizeof outcome->want, "%s", verdict->promise);
		snprintf(outcome->where, sizeof outcome->where, "%s",
			verdict->promise_where);
		snprintf(outcome->got, sizeof outcome->got, "not within %llu ms",
			(unsigned long long)late_ms);
	} else if (late_ms) {
		snprintf(outcome->reason, sizeof outcome->reason, "no end within %llu ms",
			(unsigned long long)late_ms);
	} else if (WIFSIGNALED(status)) {
		snprintf(outcome->reason, sizeof outcome->reason, "died of %s",
			signal_name(WTERMSIG(status), name));
		add_complaint(subject, outcome->reason);
	} else {
		snprintf(outcome->reason, sizeof outcome->reason,
			"ended without a verdict, exit status %d", WEXITSTATUS(status));
		add_complaint(subject, outcome->reason);
	}
}
