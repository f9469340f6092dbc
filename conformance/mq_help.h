/* mq_help.h: small POSIX message queues; what they may hold in all is limited per user.
 */
#ifndef IPCMARK_MQ_HELP_H
#define IPCMARK_MQ_HELP_H

#include <mqueue.h>

#include "conformance/check.h"

#define MQ_MESSAGES 3
#define MQ_SIZE     16 /* bytes of a message at most */

/* A new queue under a random name, of MQ_MESSAGES of MQ_SIZE, mode 0600. Set-up. */
mqd_t mq_help_make(struct scene *scene, char name[LEDGER_NAME], int flags);

/* mq_open(3) with O_CREAT and O_EXCL, and these attributes. */
mqd_t mq_help_create(const char *name, long messages, long size);

/* mq_send(3) of a string without its end; what it returns. */
int mq_help_send(mqd_t queue, const char *text, unsigned priority);

/* The next message is this one. */
void mq_help_expect(
	struct scene *scene, mqd_t queue, const char *text, unsigned priority);

/* mq_receive(3) into nowhere in particular; what it returns. */
ssize_t mq_help_receive(mqd_t queue);

/* How many messages are in it. */
long mq_help_count(struct scene *scene, mqd_t queue);

/* Fills it. */
void mq_help_fill(struct scene *scene, mqd_t queue);

/* What a blocked send or receive is seen in; for EXPECT_BLOCKED. */
#ifdef SYS_mq_timedsend
#define IN_MQ_SEND_OLD    SYS_mq_timedsend
#define IN_MQ_RECEIVE_OLD SYS_mq_timedreceive
#else
#define IN_MQ_SEND_OLD    -2
#define IN_MQ_RECEIVE_OLD -2
#endif
#ifdef SYS_mq_timedsend_time64
#define IN_MQ_SEND_NEW    SYS_mq_timedsend_time64
#define IN_MQ_RECEIVE_NEW SYS_mq_timedreceive_time64
#else
#define IN_MQ_SEND_NEW    -2
#define IN_MQ_RECEIVE_NEW -2
#endif
#define IN_MQ_SEND    IN_MQ_SEND_OLD, IN_MQ_SEND_NEW
#define IN_MQ_RECEIVE IN_MQ_RECEIVE_OLD, IN_MQ_RECEIVE_NEW

#endif
