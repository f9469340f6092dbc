/* What is executed and how: arguments, scripts, descriptors, posix_spawn(), and what
 * cannot be. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/report_line_help.h"
#include "conformance/signal_help.h"

static void arguments(struct scene *scene)
{
	struct report_line line = report_line_open(scene);
	char *argv[] = { (char *)CHECK_EXECUTED, line.number, (char *)"",
		(char *)"two words", (char *)"\xff\x01", NULL };
	char *envp[] = { (char *)"A=1", (char *)"no equals sign", NULL };
	static const char want[] = "\ntwo words\n\xff\x01\nA=1\nno equals sign\n";
	pid_t executed = scene_fork(scene);
	struct exec_report report;

	if (executed == 0)
		EXPECT_OK(scene, execve(REPORT_LINE_SELF, argv, envp));
	report = report_line_hear(scene, &line);
	EXPECT_INT(scene, report.arguments, 5);
	EXPECT_BYTES(scene, report.texts, want, sizeof want);
	report_line_end(scene, &line, executed);
}

static void by_descriptor(struct scene *scene)
{
	struct report_line line = report_line_open(scene);
	char *argv[] = { (char *)CHECK_EXECUTED, line.number, NULL };
	pid_t executed = scene_fork(scene);
	struct exec_report report;

	if (executed == 0) {
		int fd = SETUP(scene, open(REPORT_LINE_SELF, O_RDONLY | O_CLOEXEC));

		EXPECT_OK(scene, fexecve(fd, argv, environ));
	}
	report = report_line_hear(scene, &line);
	EXPECT_INT(scene, report.pid, executed);
	report_line_end(scene, &line, executed);
}

/* What is executed here has to be allowed to be. */
static void need_exec(struct scene *scene)
{
	struct statvfs mount;

	SETUP(scene, statvfs(".", &mount));
	if (mount.f_flag & ST_NOEXEC)
		SKIP(scene, "the temporary directory is mounted noexec");
}

/* The interpreter of a script is told one argument, and the script's name. */
static void script(struct scene *scene)
{
	struct report_line line = report_line_open(scene);
	char *argv[] = { (char *)"ignored", (char *)"own", NULL }, *envp[] = { NULL };
	pid_t executed;
	struct exec_report report;
	FILE *file;

	need_exec(scene);
	SETUP(scene, symlink(REPORT_LINE_SELF, CHECK_EXECUTED));
	file = SETUP_POINTER(scene, fopen("script", "we"));
	fprintf(file, "#!./%s %s\n", CHECK_EXECUTED, line.number);
	fclose(file);
	SETUP(scene, chmod("script", 0700));
	executed = scene_fork(scene);
	if (executed == 0)
		EXPECT_OK(scene, execve("script", argv, envp));
	report = report_line_hear(scene, &line);
	EXPECT_BYTES(scene, report.texts, "script\nown\n", sizeof "script\nown\n");
	report_line_end(scene, &line, executed);
}

enum refusal {
	MISSING,
	NOT_EXECUTABLE,
	DIRECTORY,
	NO_FORMAT,
	NO_DIRECTORY,
	TOO_LONG,
	NAME_TOO_LONG,
	LINK_LOOP
};

/* More than there may be of arguments. */
static char *long_argument(struct scene *scene)
{
	struct rlimit limit;
	char *text;
	size_t size;

	/* Where the stack is unlimited, so may arguments be. */
	SETUP(scene, getrlimit(RLIMIT_STACK, &limit));
	limit.rlim_cur = 4 << 20;
	SETUP(scene, setrlimit(RLIMIT_STACK, &limit));
	size = (size_t)sysconf(_SC_ARG_MAX) + 1;
	text = SETUP_POINTER(scene, malloc(size));
	memset(text, 'a', size - 1);
	text[size - 1] = '\0';
	return text;
}

static void refused(struct scene *scene)
{
	static char name[NAME_MAX + 2];
	static const struct {
		const char *path;
		int error;
	} cases[] = {
		[MISSING] = { "missing", ENOENT },
		[NOT_EXECUTABLE] = { "file", EACCES },
		[DIRECTORY] = { ".", EACCES },
		[NO_FORMAT] = { "file", ENOEXEC },
		[NO_DIRECTORY] = { "file/x", ENOTDIR },
		[TOO_LONG] = { REPORT_LINE_SELF, E2BIG },
		[NAME_TOO_LONG] = { name, ENAMETOOLONG },
		[LINK_LOOP] = { "loop", ELOOP },
	};
	char *argv[] = { (char *)"x", NULL, NULL };
	int fd = SETUP(scene, open("file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));

	SETUP(scene, write(fd, "\x01\x02\x03", 3));
	if (scene->number == NO_FORMAT) {
		need_exec(scene);
		SETUP(scene, fchmod(fd, 0700));
	}
	SETUP(scene, close(fd));
	SETUP(scene, symlink("loop", "loop"));
	memset(name, 'n', sizeof name - 1);
	if (scene->number == TOO_LONG)
		argv[1] = long_argument(scene);
	EXPECT_ERROR(scene, execve(cases[scene->number].path, argv, environ),
		cases[scene->number].error);
	free(argv[1]);
}

enum spawning { ACTIONS, ATTRIBUTES };

static pid_t spawn(struct scene *scene, const struct report_line *line)
{
	char *argv[] = { (char *)CHECK_EXECUTED, (char *)"41", NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t usr1 = signal_set(SIGUSR1), usr2 = signal_set(SIGUSR2);
	pid_t spawned = 0;

	SETUP_CODE(scene, posix_spawn_file_actions_init(&actions));
	SETUP_CODE(scene, posix_spawn_file_actions_adddup2(&actions, line->there, 41));
	SETUP_CODE(scene, posix_spawn_file_actions_addclose(&actions, line->there));
	SETUP_CODE(scene, posix_spawn_file_actions_addopen(
				  &actions, 45, "made", O_CREAT | O_WRONLY, 0600));
	SETUP_CODE(scene, posix_spawnattr_init(&attributes));
	SETUP_CODE(scene, posix_spawnattr_setsigmask(&attributes, &usr1));
	SETUP_CODE(scene, posix_spawnattr_setsigdefault(&attributes, &usr2));
	SETUP_CODE(scene, posix_spawnattr_setpgroup(&attributes, 0));
	SETUP_CODE(scene, posix_spawnattr_setflags(&attributes,
				  POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
					  POSIX_SPAWN_SETPGROUP));
	SETUP(scene, signal(SIGUSR2, SIG_IGN) == SIG_ERR ? -1 : 0);
	SETUP(scene, signal(SIGTERM, SIG_IGN) == SIG_ERR ? -1 : 0);
	EXPECT_CODE(scene,
		posix_spawn(
			&spawned, REPORT_LINE_SELF, &actions, &attributes, argv, environ),
		0);
	return spawned;
}

static void spawned(struct scene *scene)
{
	struct report_line line = report_line_open(scene);
	pid_t child = spawn(scene, &line);
	struct exec_report report = report_line_hear(scene, &line);

	EXPECT_INT(scene, report.pid, child);
	EXPECT_INT(scene, report.parent, getpid());
	if (scene->number == ACTIONS) {
		EXPECT_INT(scene, report.fds[line.there], 0);
		EXPECT_INT(scene, report.fds[45], 1);
		EXPECT_OK(scene, access("made", F_OK));
	} else {
		EXPECT_INT(scene, report.group, child);
		EXPECT_INT(scene, report.blocked[SIGUSR1], 1);
		EXPECT_INT(scene, report.dispositions[SIGUSR2], 'D');
		EXPECT_INT(scene, report.dispositions[SIGTERM], 'I');
	}
	report_line_end(scene, &line, child);
}

static void spawn_missing(struct scene *scene)
{
	char *argv[] = { (char *)"x", NULL };
	pid_t child = 0;
	int got = posix_spawn(&child, "missing", NULL, NULL, argv, environ);

	/* Either at once, or by an exit status that says so. */
	if (got == 0) {
		note(scene, "posix_spawn() itself reports no error");
		EXPECT_EXIT(scene, child, 127);
	} else {
		EXPECT_CODE(scene, got, ENOENT);
	}
}

static const struct value refusals[] = { { "missing", MISSING },
	{ "not_executable", NOT_EXECUTABLE }, { "directory", DIRECTORY },
	{ "no_format", NO_FORMAT }, { "no_directory", NO_DIRECTORY },
	{ "too_long", TOO_LONG }, { "name_too_long", NAME_TOO_LONG },
	{ "link_loop", LINK_LOOP }, { NULL, 0 } };

static const struct value spawnings[] = { { "actions", ACTIONS },
	{ "attributes", ATTRIBUTES }, { NULL, 0 } };

static const struct check checks[] = {
	{ .id = "exec.arguments", .run = arguments, .needs = NEED_PROC },
	{ .id = "exec.by_descriptor", .run = by_descriptor, .needs = NEED_PROC },
	{ .id = "exec.script", .run = script, .needs = NEED_PROC },
	{ .id = "exec.refused", .run = refused, .needs = NEED_PROC, .values = refusals },
	{ .id = "exec.spawned",
		.run = spawned,
		.needs = NEED_PROC | NEED_DESCRIPTORS,
		.values = spawnings },
	{ .id = "exec.spawn_missing", .run = spawn_missing },
	{ .id = NULL },
};

const struct suite exec_start_suite = { "exec_start", checks };
