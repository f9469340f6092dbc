/* epoll_help.h: instances of epoll, and what they watch. */
#ifndef IPCMARK_EPOLL_HELP_H
#define IPCMARK_EPOLL_HELP_H

#include "conformance/check.h"

/* A new instance. Set-up. */
int epoll_help_make(struct scene *scene);

/* epoll_ctl(2) with the descriptor as its data. */
int64_t epoll_help_control(int epoll, int operation, int fd, uint32_t events);

/* Adds a descriptor. Set-up. */
void epoll_help_watch(struct scene *scene, int epoll, int fd, uint32_t events);

#endif
