#include "conformance/file_help.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int file_help_open(struct scene *scene)
{
	return SETUP(scene, open("file", O_RDWR | O_CREAT, 0600));
}

int file_help_of(struct scene *scene, const char *text)
{
	int fd = file_help_open(scene);

	SETUP(scene, write(fd, text, strlen(text)));
	SETUP(scene, lseek(fd, 0, SEEK_SET));
	return fd;
}
