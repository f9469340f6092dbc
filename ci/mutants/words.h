/* words.h: names of errors, signals and system calls, as mutants.csv and the tests give
 * them. */
#ifndef IPCMARK_MUTANT_WORDS_H
#define IPCMARK_MUTANT_WORDS_H

#include <stdbool.h>

/* A number, decimal or hex, or the name of an error or a signal. */
bool word_value(const char *text, long *value);

/* The number of a system call by its name ("futex"), or -1. */
long syscall_number(const char *name);

#endif
