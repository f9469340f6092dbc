#include "conformance/epoll_help.h"

#include <sys/epoll.h>

int epoll_help_make(struct scene *scene)
{
	return SETUP(scene, epoll_create1(0));
}

int64_t epoll_help_control(int epoll, int operation, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.u64 = (uint64_t)fd };

	return epoll_ctl(epoll, operation, fd, &event);
}

void epoll_help_watch(struct scene *scene, int epoll, int fd, uint32_t events)
{
	SETUP(scene, epoll_help_control(epoll, EPOLL_CTL_ADD, fd, events));
}
