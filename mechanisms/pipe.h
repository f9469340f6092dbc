/* pipe.h: what rows share that send through a pipe. */
#ifndef IPCMARK_PIPE_H
#define IPCMARK_PIPE_H

#include "mechanisms/mechanism.h"

/* The setting "pipe.size". */
#define PIPE_SIZE_SETTING                                                                \
	{                                                                                \
		.name = "pipe.size", .unit = "bytes",                                    \
		.says = "capacity, rounded up to 2^n pages (F_SETPIPE_SZ)",              \
		.limit = "fs.pipe-max-size", .standard = SETTING_UNSET,                  \
		.range = pipe_size_range                                                 \
	}
void pipe_size_range(int64_t *least, int64_t *most);

/* Asks for a capacity of *size bytes (SETTING_UNSET: leaves it) and notes in *size the
 * one there is. 0 or -errno in words. */
int pipe_settle_size(struct channel *channel, int fd, int64_t *size);

/* create for rows whose shared state begins with struct descriptor_pairs and whose first
 * setting is "pipe.size": a pipe a direction, opened with `flags`. */
int pipe_create_flags(struct channel *channel, int flags);

#endif
