#include "harness/base/why.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

__attribute__((format(printf, 2, 0))) static void append(
	struct why *why, const char *format, va_list arguments)
{
	size_t used = strlen(why->text);

	/* A sentence that does not fit is cut: vsnprintf always terminates it. */
	(void)vsnprintf(why->text + used, sizeof why->text - used, format, arguments);
}

__attribute__((format(printf, 2, 3))) static void add(
	struct why *why, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	append(why, format, arguments);
	va_end(arguments);
}

/* EMFILE has several reasons (mq_open(3) says so of RLIMIT_MSGQUEUE); whether it is the
 * number of descriptors is tried, with two as what failed may have wanted two. */
static void add_descriptor_limit(struct why *why)
{
	struct rlimit limit;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) == 0) {
		close(ends[0]);
		close(ends[1]);
	} else if (errno == EMFILE && getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		add(why, " (RLIMIT_NOFILE is %llu; 'ulimit -n 256' is enough)",
			(unsigned long long)limit.rlim_cur);
	}
}

int why_say(struct why *why, int error, const char *format, ...)
{
	if (why && !why->text[0]) {
		va_list arguments;

		va_start(arguments, format);
		append(why, format, arguments);
		va_end(arguments);
		if (error)
			add(why, ": %s", strerror(error));
		if (error == EMFILE)
			add_descriptor_limit(why);
	}
	return error ? -error : -EINVAL;
}

void why_add(struct why *why, const char *format, ...)
{
	va_list arguments;

	if (!why || !why->text[0])
		return;
	add(why, " (");
	va_start(arguments, format);
	append(why, format, arguments);
	va_end(arguments);
	add(why, ")");
}

void why_clear(struct why *why)
{
	why->text[0] = '\0';
}
