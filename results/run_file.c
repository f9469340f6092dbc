#include "results/run_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/random.h"

static int read_all(int fd, size_t expected, char **text, size_t *length)
{
	size_t room = expected + 1, used = 0;
	char *bytes = malloc(room);

	while (bytes) {
		ssize_t got = read(fd, bytes + used, room - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			int error = -errno;

			free(bytes);
			return error;
		}
		used += (size_t)got;
		if (got == 0) {
			bytes[used] = '\0';
			*text = bytes;
			*length = used;
			return 0;
		}
		if (used == room) {
			char *more = realloc(bytes, 2 * room);

			if (!more)
				free(bytes);
			bytes = more;
			room *= 2;
		}
	}
	return -ENOMEM;
}

int run_file_read(int directory_fd, const char *where, const char *name, char **text,
	size_t *length, struct why *why)
{
	/* Without O_NONBLOCK a FIFO of that name would keep us for ever. */
	int fd = openat(directory_fd, name,
		O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;
	int error;

	if (fd < 0 && errno == ELOOP)
		return why_say(why, ELOOP, "%s/%s is a symbolic link", where, name);
	if (fd < 0)
		return why_say(why, errno, "open %s/%s", where, name);
	if (fstat(fd, &status))
		error = why_say(why, errno, "look at %s/%s", where, name);
	else if (!S_ISREG(status.st_mode))
		error = why_say(why, 0, "%s/%s is not a regular file", where, name);
	else
		error = read_all(fd, (size_t)status.st_size, text, length);
	close(fd);
	if (error)
		return why_say(why, -error, "read %s/%s", where, name);
	/* It would end a field early, without a word. */
	if (memchr(*text, '\0', *length)) {
		free(*text);
		*text = NULL;
		return why_say(
			why, 0, "%s/%s is no text: it has a NUL byte", where, name);
	}
	return 0;
}

int run_file_lines(int directory_fd, const char *name, size_t *lines)
{
	char piece[65536];
	struct stat status;
	ssize_t got = 0;
	int fd = openat(directory_fd, name,
		O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return -errno;
	*lines = 0;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		while ((got = read(fd, piece, sizeof piece)) > 0)
			for (ssize_t i = 0; i < got; i++)
				*lines += piece[i] == '\n';
	close(fd);
	return got < 0 ? -EIO : 0;
}

int run_file_write(int fd, const char *text, size_t length)
{
	while (length) {
		ssize_t written = write(fd, text, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return written ? -errno : -ENOSPC;
		text += written;
		length -= (size_t)written;
	}
	return 0;
}

int run_file_replace(int directory_fd, const char *where, const char *name,
	const char *text, size_t length, struct why *why)
{
	char temporary[32];
	int fd, error;

	snprintf(temporary, sizeof temporary, ".%016" PRIx64 ".tmp", random_secret());
	fd = openat(directory_fd, temporary,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return why_say(why, errno, "write %s/%s", where, name);
	error = run_file_write(fd, text, length);
	/* Some file systems say only here that there is no space. */
	if (close(fd) && !error)
		error = -errno;
	if (!error && renameat(directory_fd, temporary, directory_fd, name))
		error = -errno;
	if (!error)
		return 0;
	unlinkat(directory_fd, temporary, 0);
	return why_say(why, -error, "write %s/%s", where, name);
}
