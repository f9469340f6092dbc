/* What people type: sizes, times, numbers, lists and misspelt words, and whole command
 * lines. Nothing may crash, and what is accepted must be in range. */
#include <stdlib.h>
#include <string.h>

#include "harness/base/text.h"
#include "harness/options.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_values(const char *text)
{
	static const char *const words[] = { "pipe", "unix_stream", "shm_spin", NULL };
	struct why why = { "" };
	char item[16], quantity[TEXT_QUANTITY];
	const char *list = text;
	uint64_t value, again;
	int64_t number;

	if (text_size(text, &value, &why) == 0) {
		if (value > INT64_MAX)
			abort();
		/* The short form reads back as the same. */
		if (text_size(text_size_short(value, quantity), &again, NULL) ||
			again != value)
			abort();
		text_bytes((double)value, quantity);
	}
	if (text_time(text, &value, &why) == 0)
		text_ns((double)value, quantity);
	if (text_number(text, -5, 77, &number, &why) == 0 && (number < -5 || number > 77))
		abort();
	while (text_next(&list, item, sizeof item) > 0)
		;
	text_nearest(text, words);
}

static void fuzz_command_line(char *text)
{
	static char name[] = "ipcmark";
	char *arguments[32] = { name };
	struct options options;
	struct why why = { "" };
	int count = 1;

	for (char *word = strtok(text, "\n"); word && count < 31;
		word = strtok(NULL, "\n"))
		arguments[count++] = word;
	if (options_parse(count, arguments, &options, &why) && !why.text[0])
		abort(); /* refused without a word */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	fuzz_values(text);
	fuzz_command_line(text);
	free(text);
	return 0;
}
