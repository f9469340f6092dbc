/* fault_help.h: memory that must not be touched. */
#ifndef IPCMARK_FAULT_HELP_H
#define IPCMARK_FAULT_HELP_H

struct scene;

enum fault_access { FAULT_LOAD, FAULT_STORE };

/* A child that loads from, or stores to, the byte at `address` dies of the signal
 * `number`. */
void fault_help_expect(struct scene *scene, volatile void *address,
	enum fault_access access, int number);

#endif
