/* A small lie between a program and its C library, for LD_PRELOAD: the mutant of the
 * operating system under which a check must fail.
 *
 *     IPCMARK_MUTANT='CALL|CONDITION...|ACTION...'
 *
 * names one function of hooks.def, or syscall.NAME, the conditions under which it lies
 * (all must hold), and what the lie is; the columns of mutants.csv:
 *
 *     condition  argN=V argN<V argN>V argN&V !argN&V   an argument (& any bit of V)
 *                result=V result<V result>V errno=E    what the real call did
 *                nth=K from=K                          the K-th matching call, from it on
 *     action     argN:=V argN|=V argN&~=V              before the call
 *                plant=N+OFFSET:SIZE:V                 V is there while the call is made
 *                halves=N:SIZE                         two calls, each of half of what
 *                                                      argument N counts (of SIZE bytes)
 *                quiet=SIGNAL                          what it raises of it is lost
 *                skip                                  the call is not made at all
 *                twice                                 it is made a second time
 *                hang                                  it never returns
 *                return=V fail=E add=V                 what it seems to return
 *                flip=N                                first byte at argument N
 *                poke=N+OFFSET:SIZE:V                  V at OFFSET from argument N, or
 *                                                      from the result where N is R
 *                apart=SIZE                            memory of its own is mapped over
 *                                                      what the result points to
 *                raise=SIGNAL                          raised after the call
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

#include "ci/mutants/words.h"

#define TERMS 8

enum subject { ARGUMENT, RESULT, ERROR, NTH, FROM };

struct condition {
	enum subject subject;
	int argument;
	char operator; /* '=', '<', '>', '&', or 'n': no bit of it */
	long value;
};

enum verb {
	SET,
	ADD_BITS,
	CLEAR_BITS,
	QUIET,
	SKIP,
	TWICE,
	HANG,
	RETURN,
	FAIL,
	ADD,
	FLIP,
	POKE,
	RAISE,
	PLANT,
	HALVES,
	APART
};

#define AT_RESULT (-1) /* instead of an argument */

struct action {
	enum verb verb;
	int argument;
	long value, offset, size;
};

static struct {
	bool is_read, is_any;
	char call[48];
	struct condition conditions[TERMS];
	struct action actions[TERMS];
	int condition_count, action_count;
	_Atomic long matches;
} mutant;

static bool is_armed; /* this is a check */

static _Noreturn void misspelt(const char *what)
{
	dprintf(2, "interpose: IPCMARK_MUTANT: '%s' is not understood\n", what);
	_exit(2);
}

static long value_of(const char *text)
{
	long value;

	if (!word_value(text, &value))
		misspelt(text);
	return value;
}

static void read_condition(const char *text)
{
	struct condition *condition = &mutant.conditions[mutant.condition_count];
	bool is_negated = *text == '!';
	const char *at = text + is_negated;
	size_t length = strcspn(at, "=<>&");

	if (mutant.condition_count++ == TERMS || !at[length])
		misspelt(text);
	condition->operator= is_negated ? 'n' : at[length];
	condition->value = value_of(at + length + 1);
	if (length == 4 && strncmp(at, "arg", 3) == 0 && at[3] >= '0' && at[3] <= '5') {
		condition->subject = ARGUMENT;
		condition->argument = at[3] - '0';
	} else if (strncmp(at, "result", length) == 0) {
		condition->subject = RESULT;
	} else if (strncmp(at, "errno", length) == 0) {
		condition->subject = ERROR;
	} else if (strncmp(at, "nth", length) == 0) {
		condition->subject = NTH;
	} else if (strncmp(at, "from", length) == 0) {
		condition->subject = FROM;
	} else {
		misspelt(text);
	}
}

static const struct {
	const char *name;
	enum verb verb;
	bool has_value;
} verbs[] = {
	{ "quiet=", QUIET, true },
	{ "skip", SKIP, false },
	{ "twice", TWICE, false },
	{ "hang", HANG, false },
	{ "return=", RETURN, true },
	{ "fail=", FAIL, true },
	{ "add=", ADD, true },
	{ "flip=", FLIP, false },
	{ "apart=", APART, true },
	{ "raise=", RAISE, true },
};

static bool read_change(const char *text, struct action *action)
{
	const char *operator= text + 4;

	if (strncmp(text, "arg", 3) != 0 || text[3] < '0' || text[3] > '5')
		return false;
	action->argument = text[3] - '0';
	if (strncmp(operator, ":=", 2) == 0) {
		action->verb = SET;
		action->value = value_of(operator+ 2);
	} else if (strncmp(operator, "|=", 2) == 0) {
		action->verb = ADD_BITS;
		action->value = value_of(operator+ 2);
	} else if (strncmp(operator, "&~=", 3) == 0) {
		action->verb = CLEAR_BITS;
		action->value = value_of(operator+ 3);
	} else {
		return false;
	}
	return true;
}

static bool read_place(const char *text, struct action *action)
{
	char argument, value[32];

	if (sscanf(text, "halves=%d:%li", &action->argument, &action->size) == 2) {
		action->verb = HALVES;
		return true;
	}
	if (sscanf(text, "poke=%c+%li:%li:%31s", &argument, &action->offset,
		    &action->size, value) == 4) {
		action->verb = POKE;
		action->argument = argument == 'R' ? AT_RESULT : argument - '0';
	} else if (sscanf(text, "plant=%d+%li:%li:%31s", &action->argument,
			   &action->offset, &action->size, value) == 4)
		action->verb = PLANT;
	else
		return false;
	action->value = value_of(value);
	return true;
}

static void read_action(const char *text)
{
	struct action *action = &mutant.actions[mutant.action_count];

	if (mutant.action_count++ == TERMS)
		misspelt(text);
	if (read_change(text, action))
		return;
	if (read_place(text, action))
		return;
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
		size_t length = strlen(verbs[i].name);

		if (strncmp(text, verbs[i].name, length) != 0)
			continue;
		action->verb = verbs[i].verb;
		if (verbs[i].has_value)
			action->value = value_of(text + length);
		else if (action->verb == FLIP)
			action->argument = (int)value_of(text + length);
		else if (text[length])
			misspelt(text);
		return;
	}
	misspelt(text);
}

static void read_mutant(void)
{
	const char *text = getenv("IPCMARK_MUTANT");
	char copy[512], *call, *terms, *actions, *at, *rest;

	mutant.is_read = true;
	if (!text || !*text)
		return;
	if (snprintf(copy, sizeof copy, "%s", text) >= (int)sizeof copy)
		misspelt(text);
	call = copy;
	terms = strchr(call, '|');
	actions = terms ? strchr(terms + 1, '|') : NULL;
	if (!terms || !actions) {
		misspelt(text);
		return;
	}
	*terms++ = '\0';
	*actions++ = '\0';
	if (strlen(call) >= sizeof mutant.call)
		misspelt(call);
	strcpy(mutant.call, call);
	for (at = strtok_r(terms, " ", &rest); at; at = strtok_r(NULL, " ", &rest))
		read_condition(at);
	for (at = strtok_r(actions, " ", &rest); at; at = strtok_r(NULL, " ", &rest))
		read_action(at);
	mutant.is_any = true;
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
	long turn = ++mutant.matches;

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
		misspelt(name);
	if (!mutant.is_read)
		read_mutant();
	if (!is_armed || is_inside || !mutant.is_any || strcmp(name, mutant.call) != 0 ||
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
	if (!mutant.is_read)
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
