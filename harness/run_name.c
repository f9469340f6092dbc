#include "harness/run_name.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

void run_name(const char *suffix, char *path)
{
	struct utsname name;
	time_t now = time(NULL);
	struct tm utc;
	char stamp[32];

	gmtime_r(&now, &utc);
	strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &utc);
	if (uname(&name))
		strcpy(name.nodename, "unknown");
	/* A host name is text from outside: it must stay one file name. */
	for (char *c = name.nodename; *c; c++)
		if (*c == '/' || *c == '.')
			*c = '_';
	snprintf(path, RUN_NAME, "runs/%s-%.64s%s", stamp, name.nodename, suffix);
}
