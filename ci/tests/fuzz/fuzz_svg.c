/* Drawings that are no drawings: nothing may crash, and what comes out is a drawing that
 * comes out as it is when it is cleaned again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plots/svg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *clean(const char *text, int *error)
{
	static struct svg_inks inks;
	const struct svg_words words = { "f", "title", "words" };
	char *written = NULL;
	size_t length;
	FILE *out = open_memstream(&written, &length);

	inks.count = 0;
	if (!out)
		abort();
	*error = svg_clean(text, &words, &inks, out, NULL);
	fclose(out);
	return written;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 7), *once, *twice;
	int error;

	if (!text)
		return 0;
	/* Half of the inputs get past the root this way. */
	memcpy(text, size % 2 ? "<svg> " : "      ", 6);
	memcpy(text + 6, data, size);
	text[6 + size] = '\0';
	once = clean(text, &error);
	if (strstr(once, "<script") || strstr(once, "<image") || strstr(once, "<a "))
		abort();
	if (!error) {
		twice = clean(once, &error);
		if (error)
			abort();
		free(twice);
	}
	free(once);
	free(text);
	return 0;
}
