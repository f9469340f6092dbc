/* proc.h: what /proc tells of a process or thread; see proc(5).
 *
 * Raw system calls: a check may be about the C library's open or read, and what looks on
 * must not be part of what is looked at. */
#ifndef IPCMARK_PROC_H
#define IPCMARK_PROC_H

#include <sys/types.h>

/* The letter of its state ('R', 'S', 'T', 'Z', ...), or -errno: -ESRCH when there is no
 * such process, -ENOENT when there is no /proc. */
int proc_state(pid_t pid);

/* The number of the system call it sleeps in; PROC_RUNNING when it runs, or sleeps in
 * none; PROC_UNTOLD when that cannot be read here. */
#define PROC_RUNNING (-1)
#define PROC_UNTOLD  (-2)
long proc_call(pid_t pid);

/* Sleeps for a tenth of a millisecond between two looks. */
void proc_pause(void);

#endif
