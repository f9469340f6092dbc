# shellcheck shell=bash
# leftovers.sh: what runs leave behind: processes, files, segments, queues. Sourced.
#
#     alone "$@"            as root: goes on in IPC and mount namespaces of its own, so
#                           that whatever is there afterwards was left behind
#     watch_objects DIR     DIR is private scratch; says where objects are looked for
#     before=$(objects)
#     TMPDIR=DIR/... ipcmark run ...
#     look_for_leftovers "$before" DIR/...    and $left says what was left
#     unwatch_objects       before DIR goes
#
# Without namespaces only names that begin with "ipcmark" are looked at.
leftover_queues=
leftover_names='ipcmark*'

# Starts the script again where nobody else's objects are; returns where it may not.
alone() {
	if [ -z "${IPCMARK_ALONE-}" ] && [ "$(id -u)" = 0 ] &&
		unshare --mount --ipc true 2>/dev/null; then
		IPCMARK_ALONE=yes exec unshare --mount --ipc --propagation private \
			"$BASH" "$0" "$@"
	fi
}

watch_objects() {
	if [ -n "${IPCMARK_ALONE-}" ]; then
		leftover_names='*'
		mount -t tmpfs -o mode=1777 none /dev/shm
		mkdir "$1/mqueue"
		! mount -t mqueue none "$1/mqueue" || leftover_queues=$1/mqueue
	elif mountpoint -q /dev/mqueue 2>/dev/null; then
		leftover_queues=/dev/mqueue
	fi
	[ -n "$leftover_queues" ] ||
		echo "$0: no mqueue file system: queues are not checked"
}

unwatch_objects() {
	[ -z "$leftover_queues" ] || [ "$leftover_queues" = /dev/mqueue ] ||
		umount "$leftover_queues" || true
}

# Names of kernel objects and files that could have been left: one a line.
objects() {
	find /dev/shm ${leftover_queues:+"$leftover_queues"} -mindepth 1 -maxdepth 1 \
		-name "$leftover_names" || true
	[ "$leftover_names" = '*' ] || return 0
	grep -hv key /proc/sysvipc/msg /proc/sysvipc/sem /proc/sysvipc/shm || true
}

# Processes of a run: its children inherit TMPDIR, and no other has this value.
processes() {
	local process name

	# A zombie that its new parent has not reaped yet has no environment any more.
	for process in /proc/[0-9]*; do
		grep -qzxF "TMPDIR=$1" "$process/environ" 2>/dev/null || continue
		name=$(cat "$process/comm" 2>/dev/null) || true
		echo "process ${process#/proc/} $name"
	done
}

# Puts into `left` what is there that was not there `before`, one thing a line; the
# processes of the run get 3 seconds to end, and `late` counts how often it waited.
late=0
left=
look_for_leftovers() {
	local before=$1 private=$2 deadline=$((SECONDS + 3)) running

	while running=$(processes "$private") && [ -n "$running" ] &&
		[ "$SECONDS" -lt $deadline ]; do
		late=$((late + 1))
		sleep 0.05
	done
	# shellcheck disable=SC2034 # for who sources this
	left=$(
		[ -z "$running" ] || echo "$running"
		comm -13 <(sort <<<"$before") <(objects | sort) |
			sed 's/^/kernel object /'
		find "$private" -mindepth 1 | sed 's/^/file in TMPDIR /'
	)
}
