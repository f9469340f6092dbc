/* bare.h: hand-written loops without a harness, to measure the harness against: what
 * moves is the same as under the payload policy `touch`.
 *
 * The rings are those of public suites, rebuilt from their description as bare loops that
 * leave the message in place; each has a row for the round trip (_ping) and one for the
 * stream (_stream). */
#ifndef IPCMARK_BARE_H
#define IPCMARK_BARE_H

#include "mechanisms/mechanism.h"

/* read(2) and write(2), nothing else: over two pipes, a socketpair, a TCP connection over
 * the loopback without Nagle's delay. */
extern const struct mechanism bare_pipe;
extern const struct mechanism bare_unix_stream;
extern const struct mechanism bare_tcp;

/* A flag in one line and 64 bytes in the next, ping-pong; lines take turns as in a ring.
 */
extern const struct mechanism bare_line;

/* A word and nothing else, in one line there and in another one back. */
extern const struct mechanism bare_two_lines;

/* Packets one behind the other, a header of a line before each, which the receiver marks
 * as done and the sender walks to find space: the spinning shared-memory pipe of the
 * ipc-bench of the Cambridge Computer Laboratory (2012). */
extern const struct mechanism bare_packets_ping, bare_packets_stream;

/* Slots of one size and two indices on lines of their own; each side keeps a copy of the
 * other's and looks again only when it has used up what it knows: Lamport's queue as
 * rigtorp/SPSCQueue and many others have it. */
extern const struct mechanism bare_indices_ping, bare_indices_stream;

/* Slots with a flag in front of the message, set by the sender, cleared by the receiver,
 * and no index that is shared: FastForward (Giacomoni 2008). */
extern const struct mechanism bare_slots_ping, bare_slots_stream;

#endif
