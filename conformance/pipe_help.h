/* pipe_help.h: what the suites about pipes and FIFOs share. */
#ifndef IPCMARK_PIPE_HELP_H
#define IPCMARK_PIPE_HELP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct scene;

/* PIPE_BUF of this pipe or FIFO, as fpathconf(3) tells it; where that knows no limit, the
 * least that POSIX allows. Set-up. */
size_t pipe_buf(struct scene *scene, int fd);

size_t pipe_page(void);

/* Writes until not one byte more fits. Returns how many did, zeros all of them. */
int64_t pipe_fill(struct scene *scene, int fd);

/* Reads until nothing is left, or until `size` bytes are at `into` (NULL: thrown away).
 * Returns how many were there. Does not block. Set-up. */
int64_t pipe_drain(struct scene *scene, int fd, void *into, size_t size);

/* As many bytes as that, blocking; what does not come is not kept (PROMISED). */
void pipe_read_all(struct scene *scene, int fd, void *into, size_t size);

/* Changes the capacity (fcntl(2), F_SETPIPE_SZ) and returns it; skips where there is no
 * such thing, or where this user may not. */
int64_t pipe_resize(struct scene *scene, int fd, size_t size);

/* Bytes that tell where in the stream they belong. */
void pattern_write(void *to, size_t size, uint64_t offset);

/* The first index at which these are not the bytes of the stream from `offset` on, or
 * `size`. */
size_t pattern_matches(const void *got, size_t size, uint64_t offset);

#define EXPECT_PATTERN(scene, got, size, offset)                                         \
	EXPECT_INT((scene), pattern_matches((got), (size), (offset)), (size))

/* A child that closes `unwanted` (or -1), writes the first `size` bytes of the stream by
 * one write(2), leaves in the cell PIPE_WRITTEN what that returned, or -errno, and exits
 * with 0. */
#define PIPE_WRITTEN 0
pid_t pipe_writer(struct scene *scene, int fd, int unwanted, size_t size);

/* Eight writers write records of `size` bytes, each by one write(2), or by one writev(2)
 * of `parts` equal parts, while the pipe is full but for half a record; at first all of
 * them are asleep. Deviates at the first record that is torn, late or missing. Each
 * writer opens `path` itself, or uses end[1] where that is NULL. */
void records_race(
	struct scene *scene, const int end[2], const char *path, size_t size, int parts);

/* A file that tells a number (/proc/sys/fs/pipe-max-size); skips where it cannot be read.
 */
int64_t pipe_setting(struct scene *scene, const char *path);

#endif
