/* options_value.h: the values of options, from text and back to it. Only options.c and
 * what validates words of the command line need it. */
#ifndef IPCMARK_OPTIONS_VALUE_H
#define IPCMARK_OPTIONS_VALUE_H

#include "harness/options.h"

/* Finds `text` among `words` (ends with NULL); an error names the nearest of them, or
 * all. 0 or -EINVAL. */
int option_word(const char *text, const char *const *words, int *index, struct why *why);

/* Reads `value` into the option's field; the sentence does not name the option. 0,
 * -EINVAL or -ERANGE. */
int option_read(struct options *options, const struct option_spec *spec,
	const char *value, struct why *why);

#endif
