# Writes build_info.h with the commit, only when it changed, so that nothing is rebuilt.
execute_process(COMMAND git -C ${SOURCE} describe --always --dirty --abbrev=10
  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT [[
#define BUILD_VERSION "@VERSION@"
#define BUILD_COMMIT  "@commit@"
#define BUILD_TYPE    "@BUILD_TYPE@"
#define BUILD_FLAGS   "@FLAGS@"
]] @ONLY)
