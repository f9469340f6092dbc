/* bare.h: hand-written loops without a harness, to measure the harness against. */
#ifndef IPCMARK_BARE_H
#define IPCMARK_BARE_H

#include "mechanisms/mechanism.h"

/* read(2) and write(2) over two pipes, nothing else. */
extern const struct mechanism bare_pipe;

/* A flag in one line and 64 bytes in the next, ping-pong; lines take turns as in a ring.
 */
extern const struct mechanism bare_line;

#endif
