/* text.h: numbers as people write them, and the nearest word to a misspelt one. */
#ifndef IPCMARK_BASE_TEXT_H
#define IPCMARK_BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "harness/base/why.h"

/* "64", "4K", "1M", "2G": powers of 1024. Errors name what was wrong and the nearest
 * right thing ("'4KB' is not a size; did you mean 4K?"). 0 or -EINVAL / -ERANGE. */
int text_size(const char *text, uint64_t *bytes, struct why *why);

/* "250ns", "10us", "1.5ms", "2s"; a plain number is refused, 0 is not. 0 or -EINVAL. */
int text_time(const char *text, uint64_t *ns, struct why *why);

/* A whole number in least..most. 0, -EINVAL or -ERANGE. */
int text_number(
	const char *text, int64_t least, int64_t most, int64_t *number, struct why *why);

/* "64 B", "4 KiB", "1.50 MiB"; "850 ns", "12.3 µs", "1.24 s"; "1.20 GB/s" (powers of
 * 1000, as in the field). Three significant digits, and exact sizes where they are
 * powers. `text` has TEXT_QUANTITY bytes; returns it. NAN is written as "-". */
#define TEXT_QUANTITY 32
char *text_bytes(double bytes, char *text);
char *text_ns(double ns, char *text);
char *text_rate(double bytes_per_s, char *text);
/* "64", "4K", "1M", as text_size reads it back. */
char *text_size_short(uint64_t bytes, char *text);

/* The nearest of `words` (ends with NULL) by edit distance (Damerau and Levenshtein), or
 * NULL when none is near enough to be what was meant. */
const char *text_nearest(const char *word, const char *const *words);

/* Copies the next item of a comma-separated list to `item` and moves *list past it.
 * Returns 1, 0 at the end, or -EINVAL for an empty or too long item. */
int text_next(const char **list, char *item, size_t item_size);

/* Reads a small file (procfs, sysfs) without its final newline. 0 or -errno. */
int text_file(const char *path, char *text, size_t size);

/* A number from such a file, or `otherwise`. */
int64_t text_file_number(const char *path, int64_t otherwise);

#endif
