#include "harness/clock.h"
#include "harness/command.h"
#include "harness/doctor.h"
#include "harness/doctor_floors.h"
#include "harness/environment.h"

static int doctor_run(const struct options *options)
{
	struct disturbance disturbances[DISTURBANCES_MAX];
	struct facts facts = { 0 };
	struct clock clock;
	size_t count;

	(void)options;
	clock_choose(true, &clock);
	environment_collect(&facts, &clock);
	count = environment_disturbances(&facts, disturbances);
	doctor_print(stdout, &facts, disturbances, count, command_colour(stdout));
	facts_free(&facts);
	fflush(stdout); /* the floors take a while */
	return doctor_floors(stdout);
}

const struct command doctor_command = {
	.name = "doctor",
	.synopsis = "",
	.says = "Say what disturbs measurements here; measure the floors.",
	.run = doctor_run,
};
