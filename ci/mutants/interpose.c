/* A small lie between a program and its C library, for LD_PRELOAD: the mutant of the
 * operating system under which a check must fail.
 *
 *     IPCMARK_MUTANT='CALL|CONDITION...|ACTION...'
 *
 * says which; see mutant.h.
 *
 * Only check processes are lied to: they are known by their name (PR_SET_NAME). Where the
 * real call cannot be told from its arguments alone, `result` and `errno` conditions make
 * the call first.
 *
 * All arguments travel as machine words, which is how x86-64 and AArch64 pass integers
 * and pointers, variadic or not (System V ABI 3.2.3, AAPCS64 6.4): 64-bit only, and no
 * function with a floating-point argument or more than six words. */
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ci/mutants/mutant.h"
#include "ci/mutants/words.h"

static struct mutant mutant;
static bool is_read;
static _Atomic long matches;
static bool is_armed; /* this is a check */

static void read_mutant(void)
{
	if (is_read)
		return;
	is_read = true; /* what reading calls may be hooked too */
	mutant_read(&mutant);
}

static bool compare(char operator, long got, long want)
{
	switch (operator) {
	case '=':
		return got == want;
	case '<':
		return got < want;
	case '>':
		return got > want;
	case '&':
		return got & want;
	default:
		return !(got & want);
	}
}

/* The conditions on the arguments (before the call), or those on what it did (after). */
static bool holds(bool is_after, const long *arguments, long result, int error)
{
	for (int i = 0; i < mutant.condition_count; i++) {
		const struct condition *condition = &mutant.conditions[i];
		long got;

		if (condition->subject == NTH || condition->subject == FROM ||
			is_after == (condition->subject == ARGUMENT))
			continue;
		got = condition->subject == ARGUMENT ? arguments[condition->argument]
		      : condition->subject == RESULT ? result
						     : (result == -1 ? error : 0);
		/* Most arguments are ints in a register whose upper half is anything. */
		if (condition->subject == ARGUMENT &&
			condition->value == (int)condition->value)
			got = (long)(int)got;
		if (!compare(condition->operator, got, condition->value))
			return false;
	}
	return true;
}

/* Counts the match; is it one of those that were meant? */
static bool is_turn(void)
{
	long turn = ++matches;

	for (int i = 0; i < mutant.condition_count; i++) {
		const struct condition *condition = &mutant.conditions[i];

		if ((condition->subject == NTH && turn != condition->value) ||
			(condition->subject == FROM && turn < condition->value))
			return false;
	}
	return true;
}

static bool asks_after(void)
{
	for (int i = 0; i < mutant.condition_count; i++)
		if (mutant.conditions[i].subject == RESULT ||
			mutant.conditions[i].subject == ERROR)
			return true;
	return false;
}

static const struct action *find(enum verb verb)
{
	for (int i = 0; i < mutant.action_count; i++)
		if (mutant.actions[i].verb == verb)
			return &mutant.actions[i];
	return NULL;
}

static void change(long *arguments)
{
	for (int i = 0; i < mutant.action_count; i++) {
		const struct action *action = &mutant.actions[i];

		if (action->verb == SET)
			arguments[action->argument] = action->value;
		else if (action->verb == ADD_BITS)
			arguments[action->argument] |= action->value;
		else if (action->verb == CLEAR_BITS)
			arguments[action->argument] &= ~action->value;
	}
}

static void spoil(const struct action *action, const long *arguments, long result)
{
	char *at = (char *)(action->argument == AT_RESULT ? result
							  : arguments[action->argument]);

	/* An error, where an address is returned, is nothing to write to. */
	if (!at || at == (char *)-1)
		return;
	if (action->verb == FLIP)
		*at = (char)~*at;
	else
		memcpy(at + action->offset, &action->value, (size_t)action->size);
}

static long after(const long *arguments, long result)
{
	for (int i = 0; i < mutant.action_count; i++) {
		const struct action *action = &mutant.actions[i];

		switch (action->verb) {
		case RETURN:
			result = action->value;
			break;
		case FAIL:
			result = -1;
			errno = (int)action->value;
			break;
		case ADD:
			result += action->value;
			break;
		case FLIP:
		case POKE:
			spoil(action, arguments, result);
			break;
		case APART:
			if (result != -1)
				(void)mmap((void *)result, (size_t)action->value,
					PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
			break;
		case RAISE:
			raise((int)action->value);
			break;
		case HANG:
			for (;;)
				pause();
		default:
			break;
		}
	}
	return result;
}

typedef long call(long, long, long, long, long, long);

/* What is done with the call itself. Functions that return an int leave the upper half of
 * the register undefined. */
static long make(call *real, const long *a, bool is_int)
{
	long result = real(a[0], a[1], a[2], a[3], a[4], a[5]);

	return is_int ? (int)result : result;
}

static long make_quietly(call *real, const long *arguments, bool is_int, int signal)
{
	sigset_t one, old;
	long result;
	int error;

	sigemptyset(&one);
	sigaddset(&one, signal);
	sigprocmask(SIG_BLOCK, &one, &old);
	result = make(real, arguments, is_int);
	error = errno;
	while (sigtimedwait(&one, NULL, &(struct timespec) { 0 }) == signal)
		;
	sigprocmask(SIG_SETMASK, &old, NULL);
	errno = error;
	return result;
}

/* In two, as a system without atomic writes would. */
static long make_halves(
	call *real, const long *arguments, bool is_int, const struct action *halves)
{
	int n = halves->argument;
	long part[6], half = arguments[n] / 2, first, second;

	memcpy(part, arguments, sizeof part);
	part[n] = half;
	first = make(real, part, is_int);
	if (first < 0)
		return first;
	part[n] = arguments[n] - half;
	part[n - 1] += half * halves->size;
	second = make(real, part, is_int);
	return second < 0 ? first : first + second;
}

static long make_as_told(call *real, const long *arguments, bool is_int)
{
	const struct action *quiet = find(QUIET), *halves = find(HALVES),
			    *plant = find(PLANT);
	char *at = plant ? (char *)arguments[plant->argument] : NULL;
	char old[sizeof plant->value];
	long result;

	if (at) {
		at += plant->offset;
		memcpy(old, at, (size_t)plant->size);
		memcpy(at, &plant->value, (size_t)plant->size);
	}
	if (quiet)
		result = make_quietly(real, arguments, is_int, (int)quiet->value);
	else if (halves)
		result = make_halves(real, arguments, is_int, halves);
	else
		result = make(real, arguments, is_int);
	if (at)
		memcpy(at, old, (size_t)plant->size);
	return result;
}

static long lie(call *real, bool is_int, long *arguments)
{
	bool is_made = false;
	long result = 0;

	if (asks_after()) {
		result = make_as_told(real, arguments, is_int);
		is_made = true;
		if (!holds(true, arguments, result, errno) || !is_turn())
			return result;
	} else if (!is_turn()) {
		return make(real, arguments, is_int);
	}
	change(arguments);
	if (!is_made && !find(SKIP) && !find(HANG))
		result = make_as_told(real, arguments, is_int);
	if (find(TWICE))
		result = make(real, arguments, is_int);
	return after(arguments, result);
}

static long pass(const char *name, call **real, bool is_int, long *arguments)
{
	static _Thread_local bool is_inside; /* the lie itself tells the truth */
	long result;

	if (!*real)
		*(void **)real = dlsym(RTLD_NEXT, name);
	if (!*real)
		mutant_misspelt(name);
	read_mutant();
	if (!is_armed || is_inside || strcmp(name, mutant.call) != 0 ||
		!holds(false, arguments, 0, 0))
		return make(*real, arguments, is_int);
	is_inside = true;
	result = lie(*real, is_int, arguments);
	is_inside = false;
	return result;
}

/* One function a call, under the symbols that programs use for it. */
#define HOOK(name, symbol, is_int)                                                       \
	long hook_##symbol(long, long, long, long, long, long) __asm__(#symbol);         \
	long hook_##symbol(long a, long b, long c, long d, long e, long f)               \
	{                                                                                \
		static call *real;                                                       \
                                                                                         \
		if (!real)                                                               \
			*(void **)&real = dlsym(RTLD_NEXT, #symbol);                     \
		return pass(#name, &real, is_int, (long[]) { a, b, c, d, e, f });        \
	}
#include "ci/mutants/hooks.def"
#undef HOOK

/* Seven words: the number, and six. */
long hook_syscall(long, long, long, long, long, long, long) __asm__("syscall");

static _Thread_local long number;
static long (*real_syscall)(long, ...);

static long numbered(long a, long b, long c, long d, long e, long f)
{
	return real_syscall(number, a, b, c, d, e, f);
}

long hook_syscall(long nr, long a, long b, long c, long d, long e, long f)
{
	char name[48];
	call *real = numbered;

	if (!real_syscall)
		*(void **)&real_syscall = dlsym(RTLD_NEXT, "syscall");
	read_mutant();
	number = nr;
	if (strncmp(mutant.call, "syscall.", 8) != 0 ||
		syscall_number(mutant.call + 8) != nr)
		return real_syscall(nr, a, b, c, d, e, f);
	snprintf(name, sizeof name, "%s", mutant.call);
	return pass(name, &real, false, (long[]) { a, b, c, d, e, f });
}

int hook_prctl(int, long, long, long, long) __asm__("prctl");

int hook_prctl(int option, long b, long c, long d, long e)
{
	static call *real;
	long arguments[] = { option, b, c, d, e, 0 };

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "prctl");
	if (option == PR_SET_NAME && strcmp((const char *)b, "ipcmark-check") == 0) {
		is_armed = true;
		return 0;
	}
	return (int)pass("prctl", &real, true, arguments);
}
