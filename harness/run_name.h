/* run_name.h: what a run directory is called when nobody says. */
#ifndef IPCMARK_RUN_NAME_H
#define IPCMARK_RUN_NAME_H

/* "runs/20261121T101500Z-host" and the suffix ("-duet", or ""), into RUN_NAME bytes. */
#define RUN_NAME 512
void run_name(const char *suffix, char *path);

#endif
