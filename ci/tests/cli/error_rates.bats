#!/usr/bin/env bats
# How ci/error-rates.awk counts: suites that are made up, bounds that are known (exact
# binomial: 1 - .05^(1/30) for none in 30; 19 in 20 from below .784).

setup() {
	cd "$BATS_TEST_TMPDIR"
	echo suite,kind,percent >suites.csv
	echo suite,mechanism,size_bytes,placement,cpu_b,is_injected,verdict >cases.csv
}

# suite NAME KIND PERCENT [TRUE_PERCENT]
suite() {
	echo "$1,$2,$3,,,,,${4-}" >>suites.csv
}

# case_of SUITE IS_INJECTED VERDICT BASE CANDIDATE [BASE_ONE CANDIDATE_ONE]
case_of() {
	echo "$1,pipe,64,same-cpu,0,$2,\"$3\",1,\"$4\",\"$5\",\"${6-}\",\"${7-}\"" >>cases.csv
}

rates() {
	awk -f "$SOURCE_DIR/ci/error-rates.awk" suites.csv cases.csv >rates.csv
}

says() {
	grep -qxF "$1" rates.csv || {
		cat rates.csv
		return 1
	}
}

@test "bounds of none in 30 and of 19 in 20" {
	local i verdict
	for ((i = 0; i < 30; i++)); do
		suite "a$i" aa ''
		case_of "a$i" 0 'no change' '10 11 12 13' '10 11 12 13'
	done
	for ((i = 0; i < 20; i++)); do
		verdict=slower
		[ $i -gt 0 ] || verdict=inconclusive
		suite "i$i" injected 5
		case_of "i$i" 1 $verdict '10 11 12 13' '11 12 13 14'
		case_of "i$i" 0 inconclusive '10 11' '10 11'
	done
	rates
	says 'duet,A/A suites with an alarm,0,30,0.0 %,at most 9.5 %'
	says 'duet,cases alarmed that nothing was done to,0,50,0.0 %,at most 5.8 %'
	says 'duet,A/A cases told to be without change,30,30,100.0 %,at least 90.5 %'
	says 'duet,found at +5 %,19,20,95.0 %,at least 78.4 %'
	says 'fixed5,found at +5 %,20,20,100.0 %,at least 86.1 %'
	run grep -c 'found at +3' rates.csv
	[ "$output" = 0 ]
}

@test "each rule looks at what it is told to" {
	suite a aa ''
	# Alternated the same, apart in time not.
	case_of a 0 'no change' '10 10 12 12' '10 10 12 12' \
		'100 9 10 11' '100 9 10.2 11'
	# A second alarm of the same suite counts as a case, not as a suite.
	case_of a 0 faster '10 10 12 12' '10 10 12 12' '10000 9 10 11' '10000 9 10.2 11'
	rates
	says 'duet,A/A suites with an alarm,1,1,100.0 %,at most 100.0 %'
	says 'duet,cases alarmed that nothing was done to,1,2,50.0 %,at most 97.5 %'
	says 'fixed5,cases alarmed that nothing was done to,0,2,0.0 %,at most 77.6 %'
	says 'fixed5-apart,A/A suites with an alarm,1,1,100.0 %,at most 100.0 %'
	says 'fixed5-apart,cases alarmed that nothing was done to,2,2,100.0 %,at most 100.0 %'
	says 't-test,cases alarmed that nothing was done to,1,2,50.0 %,at most 97.5 %'
}

@test "a delay counts as what it was" {
	local percent
	for percent in 1.9 2.0 3.9 4.0 7.4 7.5 14.9 15.0 480; do
		suite "s$percent" injected 5 $percent
		case_of "s$percent" 1 slower '10 11' '11 12'
	done
	rates
	says 'duet,found at +3 %,2,2,100.0 %,at least 22.4 %'
	says 'duet,found at +5 %,2,2,100.0 %,at least 22.4 %'
	says 'duet,found at +10 %,2,2,100.0 %,at least 22.4 %'
}
