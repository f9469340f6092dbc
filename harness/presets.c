#include "harness/presets.h"

#define FULL_SIZES                                                                       \
	"1,2,4,8,16,32,64,128,256,512,1K,2K,4K,8K,16K,32K,64K,128K,256K,512K,1M"

const struct preset presets[] = {
	[PRESET_QUICK] = {
		.tests = {
			[TEST_LATENCY] = { .sizes = "64,4K,64K" },
			[TEST_THROUGHPUT] = { .sizes = "64,4K,64K,1M" },
			[TEST_CAPACITY] = { .sizes = "1,4K", .launches = 1 },
			[TEST_CONNECT] = { .sizes = "64",
				.mechanisms = "unix_stream_named,tcp" },
			[TEST_SEND] = { .sizes = "1,1K",
				.mechanisms = "pipe,unix_stream,tcp,udp,posix_mq,shm_futex",
				.on_one_placement = true },
			[TEST_PIECES] = { .sizes = "64",
				.mechanisms = "unix_stream,tcp,tcp_nagle",
				.on_one_placement = true },
			[TEST_MEMORY] = { .sizes = "4K",
				.launches = 1,
				.mechanisms = "pipe,unix_stream,tcp,posix_mq,shm_futex,eventfd",
				.on_one_placement = true },
		},
		.joined = { .mechanisms = "pipe", .sizes = "64", .batch = 128 },
		.launches = 6,
		.pair_launches = 1,
		.counts = {
			/* What most is compared with: nine launches keep their interval
			 * where one was disturbed, six do not. */
			{ "pipe,unix_stream,tcp,udp,posix_mq,shm_futex,eventfd,"
			  "floor_switch*",
				TEST_BIT(TEST_LATENCY) | TEST_BIT(TEST_SEND), 9 },
			{ "pipe,unix_stream,tcp,shm_futex,shm_spin,sendfile,file_write",
				TEST_BIT(TEST_THROUGHPUT), 9 },
			/* What differs from another row in its memory, its address or how
			 * it waits: too few for an interval. */
			{ "shm_anon_*,shm_file_*,shm_sysv_*,shm_memfd_spin,shm_huge_spin,"
			  "*_epoll,tcp6,tcp_nagle,udp_connected,unix_abstract,"
			  "unix_stream_named,process_vm_writev",
				TEST_BIT(TEST_THROUGHPUT), 3 },
			{ .mechanisms = NULL },
		},
		.slices = 2,
		.sweep_values = 3,
		.placements = 3,
		.pairs = 120,
	},
	[PRESET_STANDARD] = {
		.tests = {
			[TEST_LATENCY] = { .sizes = "1,64,256,1K,4K,16K,64K,256K,1M" },
			[TEST_THROUGHPUT] = { .sizes = "1,64,256,1K,4K,16K,64K,256K,1M" },
			[TEST_CAPACITY] = { .sizes = "1,4K,4097,64K", .launches = 2 },
			[TEST_CONNECT] = { .sizes = "64,4K", .launches = 6 },
			[TEST_SEND] = { .sizes = "1,1K,64K,1M",
				.launches = 6,
				.on_one_placement = true },
			[TEST_PIECES] = { .sizes = "64",
				.launches = 6,
				.on_one_placement = true },
			[TEST_MEMORY] = { .sizes = "4K",
				.launches = 1,
				.on_one_placement = true },
		},
		.joined = { .mechanisms = "pipe", .sizes = "64", .batch = 128 },
		.launches = 12,
		.pair_launches = 3,
		.slices = 2,
		.sweep_values = 5,
		.pairs = 496,
	},
	[PRESET_FULL] = {
		.tests = {
			[TEST_LATENCY] = { .sizes = FULL_SIZES },
			[TEST_THROUGHPUT] = { .sizes = FULL_SIZES },
			[TEST_CAPACITY] = { .sizes = "1,64,2049,4K,4097,16K,64K,1M",
				.launches = 5 },
			[TEST_CONNECT] = { .sizes = "1,64,4K,64K" },
			[TEST_SEND] = { .sizes = "1,64,256,1K,4K,16K,64K,256K,1M",
				.on_one_placement = true },
			[TEST_PIECES] = { .sizes = "64,1K,4K,64K", .launches = 12 },
			[TEST_MEMORY] = { .sizes = "1,4K",
				.launches = 12,
				.on_one_placement = true },
		},
		.launches = 40,
		.pair_launches = 6,
		.slices = 6,
		.pairs = 2016,
	},
};
