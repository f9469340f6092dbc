/* doctor_floors.h: the physical limits of this machine, for `ipcmark doctor`. */
#ifndef IPCMARK_DOCTOR_FLOORS_H
#define IPCMARK_DOCTOR_FLOORS_H

#include <stdio.h>

/* Measures the floors briefly and prints a line each. Returns an enum exit_code. */
int doctor_floors(FILE *out);

#endif
