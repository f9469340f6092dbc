/* protocol.h: what `ipcmark duet` and the `ipcmark serve` of each of its two commands say
 * to each other, over the standard input and output of the latter.
 *
 * A message is one CSV record (RFC 4180) without line breaks inside, ended by LF; its
 * first field says what it is. The server speaks first, then each answer follows a
 * question:
 *
 *     <  ipcmark-serve,2,VERSION,COMMIT     2 is the version of the protocol
 *     >  facts                              what machine and build is that?
 *     <  fact,KEY,VALUE                     as in environment.csv; any number of them
 *     <  end
 *     >  launch,NAME=VALUE,...              options of `ipcmark run` that make one launch
 *     <  ready,MECHANISM,TEST,SIZES,PAYLOAD    started and warmed up; sizes by commas
 *     <  refused,SENTENCE                   it cannot be; ask for another
 *     >  slice,INDEX,NUMBER                 one timed slice of size INDEX, the NUMBERth
 *     <  done,VALUE                         its median round trip in ns, or messages a
 *                                           second; "" where it has none
 *     <  failed,SENTENCE                    the launch is over, and still has rows
 *     >  rows
 *     <  columns,NAME,...                   of results.csv
 *     <  row,FIELD,...                      one a size
 *     <  end                                the launch's processes and objects are gone
 *     <  error,SENTENCE                     the question was not understood
 *
 * Between questions nothing runs. When its standard input ends the server exits, whatever
 * it was doing, and leaves nothing behind. */
#ifndef IPCMARK_PROTOCOL_H
#define IPCMARK_PROTOCOL_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define PROTOCOL_NAME    "ipcmark-serve"
#define PROTOCOL_VERSION 2
#define PROTOCOL_FIELDS  128 /* of a message, at most */
#define PROTOCOL_LINE    65536 /* bytes of a message, at most */

/* What a slice of the capacity test may take; others are told how long they are. */
#define CAPACITY_SLICE_NS UINT64_C(3000000000)

/* Writes a message of `count` fields; line breaks in them become spaces. Flushes. 0, or
 * -1 when the other side is gone. */
int protocol_send(FILE *out, const char *const *fields, size_t count);

/* The same for a list that ends with NULL. */
int protocol_say(FILE *out, const char *first, ...);

#endif
