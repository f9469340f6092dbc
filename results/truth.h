/* truth.h: what became of one comparison, or of one check, asked of a claim. */
#ifndef IPCMARK_TRUTH_H
#define IPCMARK_TRUTH_H

enum truth {
	TRUTH_TRUE,
	TRUTH_FALSE,
	TRUTH_TIE, /* it cannot be told */
};

#endif
