#include "harness/base/why.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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

int why_say(struct why *why, int error, const char *format, ...)
{
	if (why && !why->text[0]) {
		va_list arguments;

		va_start(arguments, format);
		append(why, format, arguments);
		va_end(arguments);
		if (error)
			add(why, ": %s", strerror(error));
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
