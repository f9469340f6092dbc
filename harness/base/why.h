/* why.h: one sentence, for people, that says what could not be done and why.
 *
 * The first function that knows what failed writes the sentence: the action, the object
 * and the limit that applies. Callers above it only pass the error on; a `struct why`
 * holds no pointers, so that a side can leave its words in shared memory. */
#ifndef IPCMARK_BASE_WHY_H
#define IPCMARK_BASE_WHY_H

struct why {
	char text[320];
};

/* Writes the sentence and appends ": " and the text of `error` (a positive errno; 0 adds
 * nothing), and the limit when the process is out of descriptors. A sentence that is
 * already there stays: whoever was first knew most. `why` may be NULL. Returns -error, or
 * -EINVAL where error is 0, so that it can end a function. */
int why_say(struct why *why, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Adds " (...)" to a sentence: the limit that applies, or the way out. */
void why_add(struct why *why, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Forgets the sentence. */
void why_clear(struct why *why);

#endif
