#include "plots/html.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "results/format.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

static void put_character(FILE *out, const char *text, size_t length)
{
	static const struct {
		char character;
		const char *reference;
	} references[] = { { '<', "&lt;" }, { '>', "&gt;" }, { '&', "&amp;" },
		{ '"', "&quot;" }, { '\'', "&#39;" } };
	unsigned char c = (unsigned char)*text;

	for (size_t i = 0; i < sizeof references / sizeof references[0]; i++)
		if (*text == references[i].character) {
			fputs(references[i].reference, out);
			return;
		}
	if (!length || c == 0x7f || (c < ' ' && c != '\t' && c != '\n'))
		fputs(REPLACEMENT, out);
	else
		fwrite(text, 1, length, out);
}

void html_text(FILE *out, const char *text)
{
	while (*text) {
		size_t length = format_character(text);

		put_character(out, text, length);
		text += length ? length : 1;
	}
}

/* Writes a double as its conversion, the `length` bytes at `spec`, says; a '*' takes an
 * int before it. */
static void put_double(FILE *out, const char *spec, size_t length, va_list *arguments)
{
	char format[32];
	const char *star = memchr(spec, '*', length);
	size_t before = star ? (size_t)(star - spec) : length;

	snprintf(format, sizeof format, "%.*s", (int)before, spec);
	if (star)
		snprintf(format + before, sizeof format - before, "%d%.*s",
			va_arg(*arguments, int), (int)(length - before - 1), star + 1);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	fprintf(out, format, va_arg(*arguments, double));
#pragma GCC diagnostic pop
}

/* A whole number of the size that the conversion says. */
static long long take_number(const char *spec, size_t length, va_list *arguments)
{
	if (memchr(spec, 'z', length))
		return (long long)va_arg(*arguments, size_t);
	if (length > 3 && spec[length - 3] == 'l')
		return va_arg(*arguments, long long);
	if (length > 2 && spec[length - 2] == 'l')
		return va_arg(*arguments, long);
	return va_arg(*arguments, int);
}

void html_print(FILE *out, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	while (*format) {
		size_t plain = strcspn(format, "%"), length;

		fwrite(format, 1, plain, out);
		format += plain;
		if (!*format)
			break;
		length = 1 + strspn(format + 1, "0123456789.*+-# zl");
		length += format[length] != '\0';
		if (format[length - 1] == 's')
			html_text(out, va_arg(arguments, const char *));
		else if (format[length - 1] == '%')
			putc('%', out);
		else if (strchr("fgeG", format[length - 1]))
			put_double(out, format, length, &arguments);
		else
			fprintf(out, "%lld", take_number(format, length, &arguments));
		format += length;
	}
	va_end(arguments);
}

char *html_name(const char *text, char *name)
{
	size_t used = 0;

	for (; *text && used + 1 < HTML_NAME; text++)
		if (isalnum((unsigned char)*text))
			name[used++] = *text;
		else if (used && name[used - 1] != '-')
			name[used++] = '-';
	name[used] = '\0';
	return name;
}
