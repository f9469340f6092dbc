#include "conformance/sync_help.h"

struct shared *sync_shared(struct scene *scene, int type, int robustness, int protocol)
{
	struct shared *shared = scene_memory(scene, sizeof *shared);
	pthread_mutexattr_t mutex;
	pthread_condattr_t condition;

	SETUP_CODE(scene, pthread_mutexattr_init(&mutex));
	SETUP_CODE(scene, pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED));
	SETUP_CODE(scene, pthread_mutexattr_settype(&mutex, type));
	SETUP_CODE(scene, pthread_mutexattr_setrobust(&mutex, robustness));
	SETUP_CODE(scene, pthread_mutexattr_setprotocol(&mutex, protocol));
	SETUP_CODE(scene, pthread_mutex_init(&shared->mutex, &mutex));
	SETUP_CODE(scene, pthread_condattr_init(&condition));
	SETUP_CODE(
		scene, pthread_condattr_setpshared(&condition, PTHREAD_PROCESS_SHARED));
	SETUP_CODE(scene, pthread_condattr_setclock(&condition, CLOCK_MONOTONIC));
	SETUP_CODE(scene, pthread_cond_init(&shared->condition, &condition));
	return shared;
}

struct shared *sync_normal(struct scene *scene)
{
	return sync_shared(
		scene, PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_NONE);
}

struct timespec sync_after_ms(clockid_t clock, int64_t ms)
{
	struct timespec now;
	int64_t then_ns;

	clock_gettime(clock, &now);
	then_ns = now.tv_nsec + ms * 1000000;
	return (struct timespec) { now.tv_sec + (time_t)(then_ns / 1000000000),
		(long)(then_ns % 1000000000) };
}

bool sync_is_past(clockid_t clock, const struct timespec *moment)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec > moment->tv_sec ||
	       (now.tv_sec == moment->tv_sec && now.tv_nsec >= moment->tv_nsec);
}
