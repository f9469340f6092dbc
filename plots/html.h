/* html.h: writes HTML. Text from anywhere goes in escaped; markup comes from the format
 * strings of this program alone. */
#ifndef IPCMARK_HTML_H
#define IPCMARK_HTML_H

#include <stdio.h>

/* Writes text so that it stands for itself, between tags and in a quoted attribute: < > &
 * and quotes become references, what is not UTF-8 or is a control character (but for tab
 * and line feed) becomes U+FFFD. */
void html_text(FILE *out, const char *text);

/* As printf, but that each %s is written by html_text(). The format is markup. Knows %s,
 * %%, whole numbers without flags (%d, %ld, %lld, %zu), and doubles with all that printf
 * knows, also a precision of '*'. */
void html_print(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "shared-l3, CPU 0" as an id or a class: letters, digits and '-'. `name` has HTML_NAME
 * bytes; returns it. */
#define HTML_NAME 64
char *html_name(const char *text, char *name);

#endif
