/* A known slowdown of one case, for LD_PRELOAD: what a gate must find, and whatever it
 * finds beside it is a false alarm.
 *
 *     IPCMARK_DELAY=MECHANISM:NS[:SIZE[:CPU]]
 *
 * Side 1 of that mechanism's launches spins NS nanoseconds before each message that it
 * sends: once in a round trip, in the peer's path, where nothing is timed. With SIZE only
 * messages of so many bytes are delayed (0: all), with CPU only where side 1 is bound to
 * that CPU (-1: all), which tells one placement from another. The program knows nothing
 * of it: sides are known by the name they give themselves ("ipcmark-1-pipe").
 *
 * What is asked at each message is asked with NS 0 too: give both sides of a comparison
 * the library, one of them with 0. */
#include <dlfcn.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

#define SIDE_NAME   "ipcmark-1-"
#define CALIBRATION 4000000 /* ns */

static struct {
	char mechanism[64];
	long delay_ns, size, cpu;
	uint64_t ticks;
	bool is_here; /* a side 1 of the mechanism */
	bool is_bound; /* the CPU was looked at */
} delay;

static uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* A counter that is read in less time than the shortest delay. */
static uint64_t counter(void)
{
#if defined(__x86_64__)
	return __rdtsc();
#elif defined(__aarch64__)
	uint64_t ticks;

	__asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(ticks));
	return ticks;
#else
	return clock_ns();
#endif
}

/* Ticks of the counter in delay_ns. An edge that was interrupted is taken again. */
static uint64_t edge(uint64_t *ticks)
{
	for (int tries = 0;; tries++) {
		uint64_t before = clock_ns(), after;

		*ticks = counter();
		after = clock_ns();
		if (after - before < 300 || tries == 100)
			return before + (after - before) / 2;
	}
}

static void calibrate(void)
{
	uint64_t start, end, start_ns = edge(&start), end_ns;

	do {
		end_ns = edge(&end);
	} while (end_ns - start_ns < CALIBRATION);
	delay.ticks = (uint64_t)((double)delay.delay_ns * (double)(end - start) /
				 (double)(end_ns - start_ns));
}

static _Noreturn void misspelt(const char *text)
{
	dprintf(2, "delay: IPCMARK_DELAY: '%s' is not MECHANISM:NS[:SIZE[:CPU]]\n", text);
	_exit(2);
}

/* A process has named itself. */
static void meet(const char *name)
{
	const char *text = getenv("IPCMARK_DELAY");

	if (!text || strncmp(name, SIDE_NAME, strlen(SIDE_NAME)) != 0)
		return;
	delay.cpu = -1;
	if (sscanf(text, "%63[^:]:%ld:%ld:%ld", delay.mechanism, &delay.delay_ns,
		    &delay.size, &delay.cpu) < 2 ||
		delay.delay_ns < 0)
		misspelt(text);
	delay.is_here = strcmp(name + strlen(SIDE_NAME), delay.mechanism) == 0;
	if (delay.is_here)
		calibrate();
}

/* Before a message; `size` 0: it has none. */
static void before_message(size_t size)
{
	uint64_t start;

	if (!delay.is_here || (delay.size && size && (long)size != delay.size))
		return;
	if (!delay.is_bound) {
		delay.is_bound = true;
		delay.is_here = delay.cpu < 0 || sched_getcpu() == delay.cpu;
		if (!delay.is_here)
			return;
	}
	start = counter();
	while (counter() - start < delay.ticks)
		;
}

/* All arguments as machine words, as in ci/mutants/interpose.c: 64 bits only. */
typedef long call(long, long, long, long, long, long);

#define HOOK(symbol, size)                                                               \
	long hook_##symbol(long, long, long, long, long, long) __asm__(#symbol);         \
	long hook_##symbol(long a, long b, long c, long d, long e, long f)               \
	{                                                                                \
		static call *real;                                                       \
                                                                                         \
		if (!real)                                                               \
			*(void **)&real = dlsym(RTLD_NEXT, #symbol);                     \
		before_message((size_t)(size));                                          \
		return real(a, b, c, d, e, f);                                           \
	}
HOOK(write, c)
HOOK(send, c)
HOOK(sendto, c)
HOOK(mq_send, c)
HOOK(msgsnd, c)
#undef HOOK

/* Seven words: the number, and six. */
long hook_syscall(long, long, long, long, long, long, long) __asm__("syscall");

long hook_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	static long (*real)(long, ...);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "syscall");
	if (number == SYS_futex && (b & FUTEX_CMD_MASK) == FUTEX_WAKE)
		before_message(0);
	return real(number, a, b, c, d, e, f);
}

int hook_prctl(int, long, long, long, long) __asm__("prctl");

int hook_prctl(int option, long b, long c, long d, long e)
{
	static int (*real)(int, ...);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "prctl");
	if (option == PR_SET_NAME)
		meet((const char *)b);
	return real(option, b, c, d, e);
}
