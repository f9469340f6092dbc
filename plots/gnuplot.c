#include "plots/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* CMake says where; a build by hand looks beside the program and in $IPCMARK_PLOTS. */
#ifndef IPCMARK_PLOTS_INSTALLED
#define IPCMARK_PLOTS_INSTALLED ""
#endif
#ifndef IPCMARK_PLOTS_SOURCE
#define IPCMARK_PLOTS_SOURCE ""
#endif
#define BESIDE "share/ipcmark/plots"

extern char **environ;

/* <folder of the program>/../share/ipcmark/plots, "" where /proc is missing. */
static void beside_program(char *path)
{
	ssize_t length = readlink(
		"/proc/self/exe", path, PATH_MAX - sizeof "/../" BESIDE);
	char *slash;

	path[length > 0 ? length : 0] = '\0';
	slash = strrchr(path, '/');
	if (slash)
		memcpy(slash, "/../" BESIDE, sizeof "/../" BESIDE);
}

static bool holds_scripts(const char *place, char *path)
{
	char style[PATH_MAX + 16];

	snprintf(style, sizeof style, "%s/style.gp", place);
	return access(style, R_OK) == 0 && realpath(place, path);
}

int gnuplot_scripts(char *path, struct why *why)
{
	char beside[PATH_MAX];
	const char *wanted = getenv("IPCMARK_PLOTS");
	const char *places[] = { beside, IPCMARK_PLOTS_INSTALLED, IPCMARK_PLOTS_SOURCE };

	/* Who names a folder does not want figures by other scripts. */
	if (wanted && *wanted) {
		if (holds_scripts(wanted, path))
			return 0;
		why_say(why, errno, "IPCMARK_PLOTS: read '%s/style.gp'", wanted);
		why_add(why, "name the folder of the plot scripts, or leave it unset");
		return -ENOENT;
	}
	beside_program(beside);
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
		if (places[i][0] && holds_scripts(places[i], path))
			return 0;
	why_say(why, 0,
		"the scripts of the figures are not found "
		"(IPCMARK_PLOTS can name their folder; looked for style.gp in %s, %s, %s)",
		places[0], places[1], places[2]);
	return -ENOENT;
}

/* What gnuplot said last, in one line. */
static void add_words(FILE *words, struct why *why)
{
	char line[200], last[200] = "";

	rewind(words);
	while (fgets(line, sizeof line, words)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (line[strspn(line, " \t^")])
			snprintf(last, sizeof last, "%s", line + strspn(line, " \t"));
	}
	if (last[0])
		why_add(why, "%s", last);
}

static int start(const char *scripts, char *const *argv, int words, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	int error = posix_spawn_file_actions_init(&actions);

	if (error)
		return error;
	/* In the folder of the scripts, so that `load "style.gp"` finds ours. */
	error = posix_spawn_file_actions_addchdir_np(&actions, scripts);
	if (!error)
		error = posix_spawn_file_actions_addopen(
			&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (!error)
		error = posix_spawn_file_actions_adddup2(&actions, words, STDOUT_FILENO);
	if (!error)
		error = posix_spawn_file_actions_adddup2(&actions, words, STDERR_FILENO);
	if (!error)
		error = posix_spawnp(pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

int gnuplot_run(const char *scripts, const char *name, const char *drawing,
	const char *numbers, struct why *why)
{
	char script[NAME_MAX + 8];
	/* -d: no start-up files of the user; -c: the arguments become strings, never
	 * code. */
	char *argv[] = { (char[]) { "gnuplot" }, (char[]) { "-d" }, (char[]) { "-c" },
		script, strdup(drawing), strdup(numbers), NULL };
	FILE *words = tmpfile();
	int status = 0, error = words && argv[4] && argv[5] ? 0 : ENOMEM;
	pid_t pid;

	snprintf(script, sizeof script, "%s.gp", name);
	if (!error)
		error = start(scripts, argv, fileno(words), &pid);
	if (error == ENOENT) {
		why_say(why, 0, "gnuplot is not found in PATH (install gnuplot-nox)");
		error = -ENOENT;
	} else if (error) {
		error = why_say(why, error, "start gnuplot");
	} else {
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		/* A libc whose posix_spawn cannot report says 127. */
		if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
			why_say(why, 0, "gnuplot cannot be run (install gnuplot-nox)");
			error = -ENOENT;
		} else if (status) {
			error = why_say(why, 0, "gnuplot could not draw %s", name);
			add_words(words, why);
		}
	}
	if (words)
		fclose(words);
	free(argv[4]);
	free(argv[5]);
	return error;
}
