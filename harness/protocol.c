#include "harness/protocol.h"

#include <stdarg.h>
#include <string.h>

#include "results/csv.h"

static void send_field(FILE *out, const char *field)
{
	char line[PROTOCOL_LINE / 4];
	size_t length = strlen(field);

	if (!strpbrk(field, "\r\n")) {
		csv_field(out, field);
		return;
	}
	if (length >= sizeof line)
		length = sizeof line - 1;
	memcpy(line, field, length);
	line[length] = '\0';
	for (char *c = line; *c; c++)
		if (*c == '\r' || *c == '\n')
			*c = ' ';
	csv_field(out, line);
}

int protocol_send(FILE *out, const char *const *fields, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i)
			putc(',', out);
		send_field(out, fields[i]);
	}
	putc('\n', out);
	return fflush(out) || ferror(out) ? -1 : 0;
}

int protocol_say(FILE *out, const char *first, ...)
{
	const char *fields[PROTOCOL_FIELDS] = { first };
	size_t count = 0;
	va_list arguments;

	va_start(arguments, first);
	while (count < PROTOCOL_FIELDS && fields[count]) {
		count++;
		if (count < PROTOCOL_FIELDS)
			fields[count] = va_arg(arguments, const char *);
	}
	va_end(arguments);
	return protocol_send(out, fields, count);
}
