#include "conformance/mq_help.h"

#include <fcntl.h>
#include <string.h>

mqd_t mq_help_make(struct scene *scene, char name[LEDGER_NAME], int flags)
{
	struct mq_attr attributes = { .mq_maxmsg = MQ_MESSAGES, .mq_msgsize = MQ_SIZE };

	scene_name(scene, LEDGER_MQ, name);
	return SETUP(scene,
		mq_open(name, O_CREAT | O_EXCL | O_RDWR | flags, 0600, &attributes));
}

mqd_t mq_help_create(const char *name, long messages, long size)
{
	struct mq_attr attributes = { .mq_maxmsg = messages, .mq_msgsize = size };

	return mq_open(name, O_CREAT | O_EXCL | O_RDWR, 0600, &attributes);
}

int mq_help_send(mqd_t queue, const char *text, unsigned priority)
{
	return mq_send(queue, text, strlen(text), priority);
}

void mq_help_expect(struct scene *scene, mqd_t queue, const char *text, unsigned priority)
{
	char got[MQ_SIZE];
	unsigned got_priority = ~0u;

	EXPECT_INT(
		scene, mq_receive(queue, got, sizeof got, &got_priority), strlen(text));
	EXPECT_BYTES(scene, got, text, strlen(text));
	EXPECT_INT(scene, got_priority, priority);
}

ssize_t mq_help_receive(mqd_t queue)
{
	char got[MQ_SIZE];

	return mq_receive(queue, got, sizeof got, NULL);
}

long mq_help_count(struct scene *scene, mqd_t queue)
{
	struct mq_attr attributes;

	EXPECT_INT(scene, mq_getattr(queue, &attributes), 0);
	return attributes.mq_curmsgs;
}

void mq_help_fill(struct scene *scene, mqd_t queue)
{
	for (int i = 0; i < MQ_MESSAGES; i++)
		EXPECT_INT(scene, mq_help_send(queue, "x", 0), 0);
}
