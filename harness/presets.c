#include "harness/presets.h"

const struct preset presets[] = {
	[PRESET_QUICK] = { .sizes = "64,1K,4K,64K,1M",
		.write_sizes = "1,4K,64K",
		.launches = 6,
		.capacity_launches = 1,
		.pair_launches = 1,
		.slices = 2,
		.sweep_values = 5,
		.placements = 3,
		.pairs = 120 },
	[PRESET_STANDARD] = { .sizes = "1,64,256,1K,4K,16K,64K,256K,1M",
		.write_sizes = "1,64,4K,4097,64K",
		.launches = 12,
		.capacity_launches = 2,
		.pair_launches = 3,
		.slices = 2,
		.sweep_values = 7,
		.pairs = 496 },
	[PRESET_FULL] = { .sizes = "1,2,4,8,16,32,64,128,256,512,1K,2K,4K,8K,16K,32K,64K,"
				   "128K,256K,512K,1M",
		.write_sizes = "1,64,2049,4K,4097,16K,64K,1M",
		.launches = 40,
		.capacity_launches = 5,
		.pair_launches = 6,
		.slices = 6,
		.pairs = 2016 },
};
