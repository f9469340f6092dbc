/* json.h: JSON values for the writers, or the words for having none: jansson may not be
 * built in. */
#ifndef IPCMARK_JSON_H
#define IPCMARK_JSON_H

#include <stdbool.h>
#include <stdio.h>

#include "harness/base/why.h"

#if IPCMARK_HAS_JSON

#include <jansson.h>

/* Any text, made valid. */
json_t *json_text(const char *text);
/* A number; null where it is not finite. */
json_t *json_number(double value);

/* Takes the value over and writes it with an indent, keys in the order they were set.
 * `value` may be NULL: no memory. 0 or -errno in words. */
int json_write(json_t *value, FILE *out, struct why *why);

#endif

/* -ENOTSUP and the way out. */
int json_missing(struct why *why);

#endif
