/* calls.h: system calls that go by several names, by architecture and C library, for
 * EXPECT_BLOCKED(); see also IN_FUTEX, IN_POLL and IN_SLEEP of expect.h. */
#ifndef IPCMARK_CALLS_H
#define IPCMARK_CALLS_H

#include <sys/syscall.h>

/* -2 is no call. */
#ifdef SYS_waitpid
#define CALL_WAITPID SYS_waitpid
#else
#define CALL_WAITPID -2
#endif
#define IN_WAIT CALL_WAITPID, SYS_wait4, SYS_waitid

#ifdef SYS_epoll_wait
#define CALL_EPOLL_WAIT SYS_epoll_wait
#else
#define CALL_EPOLL_WAIT -2
#endif
#ifdef SYS_epoll_pwait2
#define CALL_EPOLL_PWAIT2 SYS_epoll_pwait2
#else
#define CALL_EPOLL_PWAIT2 -2
#endif
#define IN_EPOLL CALL_EPOLL_WAIT, CALL_EPOLL_PWAIT2, SYS_epoll_pwait

#ifdef SYS_select
#define CALL_SELECT SYS_select
#else
#define CALL_SELECT -2
#endif
#ifdef SYS__newselect
#define CALL_NEWSELECT SYS__newselect
#else
#define CALL_NEWSELECT -2
#endif
#ifdef SYS_pselect6_time64
#define CALL_PSELECT_NEW SYS_pselect6_time64
#else
#define CALL_PSELECT_NEW -2
#endif
#define IN_SELECT CALL_SELECT, CALL_NEWSELECT, CALL_PSELECT_NEW, SYS_pselect6

#ifdef SYS_fcntl64
#define CALL_FCNTL64 SYS_fcntl64
#else
#define CALL_FCNTL64 -2
#endif
#define IN_FCNTL CALL_FCNTL64, SYS_fcntl

#ifdef SYS_rt_sigtimedwait_time64
#define CALL_SIGWAIT_NEW SYS_rt_sigtimedwait_time64
#else
#define CALL_SIGWAIT_NEW -2
#endif
#define IN_SIGWAIT CALL_SIGWAIT_NEW, SYS_rt_sigtimedwait

/* Where one call does all of System V IPC. */
#ifdef SYS_ipc
#define CALL_IPC SYS_ipc
#else
#define CALL_IPC -2
#endif
#ifdef SYS_semop
#define CALL_SEMOP SYS_semop
#else
#define CALL_SEMOP -2
#endif
#ifdef SYS_semtimedop
#define CALL_SEMTIMEDOP SYS_semtimedop
#else
#define CALL_SEMTIMEDOP -2
#endif
#ifdef SYS_semtimedop_time64
#define CALL_SEMTIMEDOP_NEW SYS_semtimedop_time64
#else
#define CALL_SEMTIMEDOP_NEW -2
#endif
#define IN_SEMOP CALL_IPC, CALL_SEMOP, CALL_SEMTIMEDOP, CALL_SEMTIMEDOP_NEW

#ifdef SYS_msgrcv
#define IN_MSGRCV CALL_IPC, SYS_msgrcv
#else
#define IN_MSGRCV CALL_IPC
#endif

#ifdef SYS_mq_timedreceive_time64
#define CALL_MQ_RECEIVE_NEW SYS_mq_timedreceive_time64
#else
#define CALL_MQ_RECEIVE_NEW -2
#endif
#ifdef SYS_mq_timedreceive
#define IN_MQ_RECEIVE CALL_MQ_RECEIVE_NEW, SYS_mq_timedreceive
#else
#define IN_MQ_RECEIVE CALL_MQ_RECEIVE_NEW
#endif

#ifdef SYS_open
#define IN_OPEN SYS_open, SYS_openat
#else
#define IN_OPEN SYS_openat
#endif

/* One call does all of sockets on some 32-bit systems. */
#ifdef SYS_socketcall
#define CALL_SOCKET SYS_socketcall
#else
#define CALL_SOCKET -2
#endif
#ifdef SYS_accept
#define CALL_ACCEPT SYS_accept
#else
#define CALL_ACCEPT -2
#endif
#ifdef SYS_recv
#define CALL_RECV SYS_recv
#else
#define CALL_RECV -2
#endif
#define IN_ACCEPT CALL_SOCKET, CALL_ACCEPT, SYS_accept4
#define IN_RECV   CALL_SOCKET, CALL_RECV, SYS_recvfrom
#ifdef SYS_send
#define CALL_SEND SYS_send
#else
#define CALL_SEND -2
#endif
#define IN_SEND    CALL_SOCKET, CALL_SEND, SYS_sendto
#define IN_CONNECT CALL_SOCKET, SYS_connect

#endif
