/* futex.h: sleep on, and wake, a 32-bit word that processes share. See futex(2). */
#ifndef IPCMARK_BASE_FUTEX_H
#define IPCMARK_BASE_FUTEX_H

#include <stdatomic.h>
#include <stdint.h>

typedef _Atomic uint32_t futex_word;

/* Sleeps while *word is `expected`, at most `timeout_ns` (< 0: for ever). Returns 0 when
 * woken or when the word had another value already, -ETIMEDOUT, or -EINTR. Spurious
 * wake-ups happen: callers look at the word again. */
int futex_wait(futex_word *word, uint32_t expected, int64_t timeout_ns);

/* Wakes at most `count` sleepers. */
void futex_wake(futex_word *word, int count);

#endif
