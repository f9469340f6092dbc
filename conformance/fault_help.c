#include "conformance/fault_help.h"

#include <signal.h>
#include <unistd.h>

#include "conformance/check.h"

void fault_help_expect(
	struct scene *scene, volatile void *address, enum fault_access access, int number)
{
	pid_t toucher = scene_fork(scene);

	if (toucher == 0) {
		volatile char *byte = address;

		/* A sanitizer may have put its own handler there. */
		signal(number, SIG_DFL);
		if (access == FAULT_STORE)
			*byte = 1;
		else
			(void)*byte;
		_exit(0);
	}
	EXPECT_KILLED(scene, toucher, number);
}
