/* mutant.h: one line of mutants.csv as the environment gives it, understood.
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
 *                raise=SIGNAL                          raised after the call */
#ifndef IPCMARK_MUTANT_H
#define IPCMARK_MUTANT_H

#include <stdbool.h>

#define MUTANT_TERMS 8

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

struct mutant {
	char call[48]; /* empty: there is none */
	struct condition conditions[MUTANT_TERMS];
	struct action actions[MUTANT_TERMS];
	int condition_count, action_count;
};

/* Reads IPCMARK_MUTANT into *mutant, which is all zero. What cannot be understood is
 * named on stderr, and the process ends with 2. */
void mutant_read(struct mutant *mutant);

/* Names `what` on stderr and ends the process with 2. */
_Noreturn void mutant_misspelt(const char *what);

#endif
