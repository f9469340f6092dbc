/* expect.h: the functions behind the macros of check.h. `file` and `line` say where,
 * `what` is the text of the call. errno is looked at first. */
#ifndef IPCMARK_EXPECT_H
#define IPCMARK_EXPECT_H

#include <sys/syscall.h>

struct scene;

void expect_int(struct scene *scene, const char *file, int line, const char *what,
	int64_t got, int64_t want);
int expect_ok(
	struct scene *scene, const char *file, int line, const char *what, int64_t got);
void expect_error(struct scene *scene, const char *file, int line, const char *what,
	int64_t got, int want);
void expect_code(struct scene *scene, const char *file, int line, const char *what,
	int got, int want);
void expect_bytes(struct scene *scene, const char *file, int line, const char *what,
	const void *got, const void *want, size_t size);
_Noreturn void deviates(struct scene *scene, const char *file, int line, const char *what,
	const char *format, ...) __attribute__((format(printf, 5, 6)));

int set_up(
	struct scene *scene, const char *file, int line, const char *what, int64_t got);
void set_up_code(
	struct scene *scene, const char *file, int line, const char *what, int got);
void *set_up_pointer(
	struct scene *scene, const char *file, int line, const char *what, void *got);
_Noreturn void broken(struct scene *scene, const char *file, int line, const char *format,
	...) __attribute__((format(printf, 4, 5)));
_Noreturn void skip_check(struct scene *scene, const char *file, int line,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

void promised(struct scene *scene, const char *file, int line, const char *words);
int reap(struct scene *scene, const char *file, int line, pid_t pid, const char *words);
void expect_exit(struct scene *scene, const char *file, int line, const char *what,
	pid_t pid, int code);
void expect_killed(struct scene *scene, const char *file, int line, const char *what,
	pid_t pid, int signal);
void expect_blocked(struct scene *scene, const char *file, int line, const char *what,
	pid_t pid, const long *calls);
void expect_state(struct scene *scene, const char *file, int line, const char *what,
	pid_t pid, const char *letters);

/* One number or the other, by architecture and C library; -2 is no call. */
#ifdef SYS_futex
#define SCENE_FUTEX_OLD SYS_futex
#else
#define SCENE_FUTEX_OLD -2
#endif
#ifdef SYS_futex_time64
#define SCENE_FUTEX_NEW SYS_futex_time64
#else
#define SCENE_FUTEX_NEW -2
#endif
#define SCENE_FUTEX SCENE_FUTEX_OLD, SCENE_FUTEX_NEW

#ifdef SYS_poll
#define SCENE_POLL_OLD SYS_poll
#else
#define SCENE_POLL_OLD -2
#endif
#ifdef SYS_ppoll_time64
#define SCENE_POLL_NEW SYS_ppoll_time64
#else
#define SCENE_POLL_NEW -2
#endif
#define SCENE_POLL SCENE_POLL_OLD, SCENE_POLL_NEW, SYS_ppoll

#ifdef SYS_clock_nanosleep_time64
#define SCENE_SLEEP_NEW SYS_clock_nanosleep_time64
#else
#define SCENE_SLEEP_NEW -2
#endif
#define SCENE_SLEEP SYS_nanosleep, SYS_clock_nanosleep, SYS_pause_or_none, SCENE_SLEEP_NEW
#ifdef SYS_pause
#define SYS_pause_or_none SYS_pause
#else
#define SYS_pause_or_none -2
#endif

#endif
