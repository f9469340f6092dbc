/* costs.h: what a sample costs, in time and in memory. */
#ifndef IPCMARK_COSTS_H
#define IPCMARK_COSTS_H

#include <stdbool.h>

#include "harness/pair.h"

/* Print a line; false: the bound is missed. */
bool costs_sample(const struct clock *clock);
bool costs_memory(const struct pair_context *context, const struct placement *placement);

#endif
