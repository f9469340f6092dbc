/* vocabulary.h: the names of tests and capabilities, for people and for files. */
#ifndef IPCMARK_VOCABULARY_H
#define IPCMARK_VOCABULARY_H

#include <stddef.h>

#include "mechanisms/mechanism.h"

/* By enum test; end with NULL. */
extern const char *const test_names[]; /* "latency" */
extern const char *const test_meanings[]; /* one line about each */

/* The names of the tests in a mask of TEST_BIT()s, with `separator` between; returns
 * `text`. */
char *test_words(unsigned tests, const char *separator, char *text, size_t size);

/* What enum mechanism_caps says, in words. */
char *cap_words(unsigned caps, const char *separator, char *text, size_t size);

#endif
