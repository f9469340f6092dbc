#include "conformance/suites.h"

#define SUITE(name) extern const struct suite name##_suite;
#include "conformance/suites.def"
#undef SUITE

const struct suite *const suites[] = {
#define SUITE(name) &name##_suite,
#include "conformance/suites.def"
#undef SUITE
	NULL,
};
