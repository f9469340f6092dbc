/* errors.h: the names of errors and signals, which reports show beside their numbers. Not
 * every C library has strerrorname_np(3) and sigabbrev_np(3). */
#ifndef IPCMARK_ERRORS_H
#define IPCMARK_ERRORS_H

#include <stddef.h>

/* "EAGAIN"; "0" for 0; "error 4711" for what has no name here. Writes to `text` and
 * returns it. */
#define ERROR_NAME 24
char *error_name(int error, char text[ERROR_NAME]);

/* "SIGPIPE"; "SIGRTMIN+1"; "signal 99". */
char *signal_name(int signal, char text[ERROR_NAME]);

#endif
