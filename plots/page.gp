# page.gp - the words and rules of the page, at places that were computed beforehand.
set multiplot
do for [i=1:LABELS] {
	set label i styled(i) at screen LX[i],LY[i] left textcolor rgb LC[i] front
	if (LS[i] == 1) { set label i center }
	if (LS[i] == 2) { set label i right }
}
do for [i=1:RULES] {
	set arrow i from screen RX[i],RY[i] to screen RU[i],RV[i] nohead back \
		lc rgb RC[i] dt RD[i] lw 0.9
}
