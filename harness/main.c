#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "build_info.h"
#include "conformance/check.h"
#include "harness/command.h"

/* A file opened later must not become standard output by chance. What is closed is filled
 * with something that refuses, so that the loss is noticed at the end. */
static void fill_standard_descriptors(void)
{
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
			open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
			_exit(EXIT_UNMEASURED);
}

/* Somebody who stops reading (`| head`) has had enough; that is no error. */
static bool reader_has_gone(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };

	return poll(&out, 1, 0) == 1 && (out.revents & (POLLERR | POLLHUP));
}

/* Output that did not arrive is a failure even where all else went well. */
static int finish(int code)
{
	bool failed_before = ferror(stdout);
	int error = fflush(stdout) ? errno : 0;

	if ((!failed_before && !error) || reader_has_gone())
		return code;
	command_error("write the standard output: %s",
		error ? strerror(error) : "not all of it could be written");
	return code == EXIT_GOOD ? EXIT_UNMEASURED : code;
}

static void print_version(void)
{
	printf("ipcmark %s%s%s%s\n", BUILD_VERSION, BUILD_COMMIT[0] ? " (" : "",
		BUILD_COMMIT, BUILD_COMMIT[0] ? ")" : "");
}

int main(int argc, char **argv)
{
	struct options options;
	struct why why = { "" };
	const struct command *command;

	check_executed(argc, argv);
	fill_standard_descriptors();
	/* A write then fails instead, and a run keeps its rows when its reader goes. */
	signal(SIGPIPE, SIG_IGN);
	if (options_parse(argc, argv, &options, &why)) {
		fprintf(stderr, "ipcmark%s%s: %s\n", options.command ? " " : "",
			options.command ? options.command : "", why.text);
		return EXIT_USAGE;
	}
	command = options.command ? command_find(options.command) : NULL;
	if (options.help)
		options_help(stdout, command);
	else if (options.version)
		print_version();
	else if (command)
		return finish(command->run(&options));
	return finish(EXIT_GOOD);
}
