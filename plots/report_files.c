/* report_files.c: the styles and the script of the report, as part of the program. */
#include "plots/report_parts.h"

#define FILE_TEXT(symbol, path)                                                          \
	__asm__(".section .rodata\n"                                                     \
		".global " #symbol "\n" #symbol ": .incbin \"" path "\"\n"               \
		".byte 0\n"                                                              \
		".previous\n")

FILE_TEXT(report_css, IPCMARK_PLOTS_SOURCE "/report.css");
FILE_TEXT(report_js, IPCMARK_PLOTS_SOURCE "/report.js");
