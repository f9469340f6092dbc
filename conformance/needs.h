/* needs.h: what a check needs of the machine, and whether it is there. */
#ifndef IPCMARK_NEEDS_H
#define IPCMARK_NEEDS_H

#include <stddef.h>

#include "harness/base/why.h"

/* Are all of them (a mask of enum need) met? 0, or -errno with the first that is not in
 * words; -ENOSYS where the system does not have it at all. */
int needs_met(unsigned mask, struct why *why);

/* "root;/proc": what the mask says, with `separator` between. Returns `text`. */
char *need_words(unsigned mask, const char *separator, char *text, size_t size);

#endif
