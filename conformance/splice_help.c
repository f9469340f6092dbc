#include "conformance/splice_help.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int splice_file_with(
	struct scene *scene, const char *name, const char *bytes, size_t size)
{
	int fd = SETUP(scene, open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));

	SETUP(scene, pwrite(fd, bytes, size, 0));
	return fd;
}

void splice_expect_old_or_new(struct scene *scene, const char got[4])
{
	bool is_new = memcmp(got, "new!", 4) == 0;
	bool is_old = memcmp(got, "old!", 4) == 0;

	EXPECT(scene, is_new || is_old, "neither the old bytes nor the new ones");
	note(scene, "the %s bytes are seen: the page is %s", is_new ? "new" : "old",
		is_new ? "shared" : "copied");
}
