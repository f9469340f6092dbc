#!/usr/bin/env bash
# How much does the harness itself cost? Not a test: a benchmark, with both sides
# alternated in one run on the same CPUs. Ends with 1 when a bound is missed.
#     ci/fidelity.sh [LAUNCHES]    20 by default, a few seconds each
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/packages.sh
. ci/steps.sh

need_packages bench
configure release
build release fidelity
# Not by exec: the memory of the compiler would count as that of a child.
build/release/fidelity "$@"
