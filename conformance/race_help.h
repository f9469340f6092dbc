/* race_help.h: is what should keep processes apart able to? */
#ifndef IPCMARK_RACE_HELP_H
#define IPCMARK_RACE_HELP_H

struct scene;

/* Four processes count in shared memory, by a load, a pause and a store, between lock()
 * and unlock(): nobody else is inside meanwhile, and no count is lost. */
void race_help_exclude(struct scene *scene,
	void (*lock)(struct scene *scene, void *context),
	void (*unlock)(struct scene *scene, void *context), void *context);

#endif
