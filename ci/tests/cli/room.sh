# shellcheck shell=bash
# room.sh: where a test of the command line works. Sourced by them.

# No option comes from outside, and what is written stays in a directory of the test.
clean_room() {
	local name

	for name in $(compgen -e IPCMARK_); do
		unset "$name"
	done
	cd "$BATS_TEST_TMPDIR" || return
}
