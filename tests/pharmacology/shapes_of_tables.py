"""Event tables in the shapes that people write: plain ones, the same in other dialects, and refused ones."""

from __future__ import annotations

FULL = "ID,TIME,AMT,RATE,EVID,II,ADDL,SS\n"

SEEN = "".join(f"1,{hour},0,0,0,0,0,0\n" for hour in (0.5, 2, 6, 12, 23))

LATER = "".join(f"1,{hour},0,0,0,0,0,0\n" for hour in (24, 25, 30, 36, 47.5, 48, 50, 72, 73))

PLAIN = {
    "a bolus": FULL + "1,0,40,0,1,0,0,0\n" + SEEN,
    "an infusion": FULL + "1,0,40,10,1,0,0,0\n" + SEEN,
    "an infusion that begins late": FULL + "1,0,0,0,0,0,0,0\n1,0.25,40,10,1,0,0,0\n" + SEEN,
    "bolus with further doses": FULL + "1,0,20,0,1,12,4,0\n" + SEEN + LATER,
    "infusion with further doses": FULL + "1,0,20,5,1,12,4,0\n" + SEEN + LATER,
    "infusions that overlap": FULL + "1,0,60,5,1,4,6,0\n" + SEEN + LATER,
    "a second regimen between": FULL + "1,0,20,0,1,12,3,0\n" + SEEN + "1,24,30,15,1,0,0,0\n" + LATER,
    "trough on the row before a bolus": FULL + "1,0,20,0,1,0,0,0\n1,24,0,0,0,0,0,0\n1,24,20,0,1,0,0,0\n"
    "1,24,0,0,0,0,0,0\n",
    "between two doses of one time": FULL + "1,0,20,0,1,0,0,0\n1,0,0,0,0,0,0,0\n1,0,10,0,1,0,0,0\n1,0,0,0,0,0,0,0\n",
    "observation first at time 0": FULL + "1,0,0,0,0,0,0,0\n1,0,20,0,1,0,0,0\n" + SEEN,
    "a further dose falls on a record": FULL + "1,0,20,0,1,12,2,0\n1,12,0,0,0,0,0,0\n1,24,0,0,0,0,0,0\n",
    "a further dose falls on a dose": FULL + "1,0,20,0,1,12,2,0\n1,12,0,0,0,0,0,0\n1,12,5,0,1,0,0,0\n"
    "1,12,0,0,0,0,0,0\n",
    "other event between": FULL + "1,0,20,0,1,0,0,0\n1,1,0,0,2,0,0,0\n" + SEEN[18:],
    "reset": FULL + "1,0,40,0,1,0,0,0\n1,0.5,0,0,0,0,0,0\n1,1,0,0,3,0,0,0\n1,2,0,0,0,0,0,0\n1,3,10,0,1,0,0,0\n"
    "1,4,0,0,0,0,0,0\n",
    "reset in mid infusion": FULL + "1,0,40,10,1,0,0,0\n1,2,0,0,3,0,0,0\n1,3,0,0,0,0,0,0\n",
    "reset cancels what was to come": FULL + "1,0,10,0,1,6,5,0\n1,13,0,0,3,0,0,0\n1,30,0,0,0,0,0,0\n",
    "reset and dose": FULL + "1,0,40,0,1,0,0,0\n1,12,0,0,0,0,0,0\n1,12,30,10,4,0,0,0\n1,14,0,0,0,0,0,0\n",
    "trough before a reset and dose": FULL + "1,0,40,0,1,0,0,0\n1,24,0,0,0,0,0,0\n1,24,40,0,4,0,0,0\n"
    "1,24,0,0,0,0,0,0\n",
    "time begins again": FULL + "1,0,40,0,1,0,0,0\n1,4,0,0,0,0,0,0\n1,0,20,0,4,0,0,0\n1,4,0,0,0,0,0,0\n",
    "time begins again twice": FULL + "1,0,40,0,1,0,0,0\n1,4,0,0,0,0,0,0\n1,0,20,5,4,0,0,0\n1,3,0,0,0,0,0,0\n"
    "1,-1,0,0,3,0,0,0\n"
    "1,0,10,0,1,0,0,0\n1,1,0,0,0,0,0,0\n",
    "steady bolus": FULL + "1,0,20,0,1,8,0,1\n" + SEEN,
    "steady bolus, seen before": FULL + "1,0,0,0,0,0,0,0\n1,0,20,0,1,8,0,1\n1,0,0,0,0,0,0,0\n" + SEEN,
    "steady bolus with further doses": FULL + "1,0,20,0,1,8,5,1\n" + SEEN + LATER,
    "steady infusion": FULL + "1,0,20,10,1,8,0,1\n" + SEEN,
    "steady infusion as long as its interval": FULL + "1,0,80,10,1,8,0,1\n" + SEEN,
    "steady infusion longer than its interval": FULL + "1,0,100,10,1,8,0,1\n" + SEEN,
    "steady infusion of many intervals": FULL + "1,0,100,4,1,6,0,1\n" + SEEN + LATER,
    "steady infusion without an end": FULL + "1,0,0,20,1,0,0,1\n" + SEEN,
    "steady with a very short interval": FULL + "1,0,1,0,1,0.25,0,1\n" + SEEN,
    "steady in mid course": FULL + "1,0,40,10,1,0,0,0\n1,2,0,0,0,0,0,0\n1,3,20,0,1,12,0,1\n1,4,0,0,0,0,0,0\n"
    "1,20,0,0,0,0,0,0\n",
    "steady state ends what was to come": FULL + "1,0,10,0,1,6,9,0\n1,13,20,0,1,12,0,1\n1,20,0,0,0,0,0,0\n"
    "1,30,0,0,0,0,0,0\n",
    "steady on top": FULL + "1,0,20,0,1,24,0,1\n1,6,10,0,1,24,0,2\n1,7,0,0,0,0,0,0\n1,20,0,0,0,0,0,0\n",
    "steady on top keeps what was to come": FULL + "1,0,10,0,1,6,9,0\n1,13,20,0,1,12,0,2\n1,20,0,0,0,0,0,0\n"
    "1,30,0,0,0,0,0,0\n",
    "steady infusion on top": FULL + "1,0,20,10,1,24,3,1\n1,8,10,5,1,24,2,2\n1,9,0,0,0,0,0,0\n1,33,0,0,0,0,0,0\n",
    "steady infusion without an end on top": FULL + "1,0,20,0,1,0,0,0\n1,1,0,5,1,0,0,2\n1,2,0,0,0,0,0,0\n",
    "steady long infusion on top": FULL + "1,0,20,0,1,0,0,0\n1,1,100,10,1,8,0,2\n1,2,0,0,0,0,0,0\n1,12,0,0,0,0,0,0\n",
    "steady with a reset": FULL + "1,0,40,0,1,0,0,0\n1,12,20,0,4,8,1,1\n1,13,0,0,0,0,0,0\n1,21,0,0,0,0,0,0\n",
    "steady infusion, stopped by a reset": FULL + "1,0,40,10,1,8,0,1\n1,1,0,0,0,0,0,0\n1,2,0,0,3,0,0,0\n"
    "1,3,0,0,0,0,0,0\n",
    "steady long infusion, stopped": FULL + "1,0,100,10,1,8,0,1\n1,1,0,0,0,0,0,0\n1,2,0,0,3,0,0,0\n1,3,0,0,0,0,0,0\n",
    "seen between a dose and a reset of one time": FULL + "1,0,40,0,1,0,0,0\n1,0,0,0,0,0,0,0\n1,0,0,0,3,0,0,0\n"
    "1,1,0,0,0,0,0,0\n",
    "seen between a steady state and a reset": FULL + "1,0,40,10,1,8,0,1\n1,0,0,0,0,0,0,0\n1,0,5,0,4,0,0,0\n"
    "1,1,0,0,0,0,0,0\n",
    "two people": FULL + "a,0,40,0,1,0,0,0\na,3,0,0,0,0,0,0\nb,5,20,4,1,0,0,0\nb,7,0,0,0,0,0,0\n",
    "times below 0": FULL + "1,-24,40,10,1,0,0,0\n1,-12,0,0,0,0,0,0\n1,0,10,0,1,0,0,0\n1,1,0,0,0,0,0,0\n",
    "weight changes": "ID,TIME,AMT,EVID,WT\n1,0,40,1,70\n1,4,0,0,70\n1,12,0,0,55\n1,24,40,1,55\n1,26,0,0,90\n"
    "1,30,0,0,90\n",
    "weight changes on a dose": "ID,TIME,AMT,EVID,WT\n1,0,40,1,70\n1,24,0,0,70\n1,24,40,1,50\n1,24,0,0,50\n"
    "1,30,0,0,50\n",
    "weight changes at a steady state": "ID,TIME,AMT,EVID,WT,SS,II\n1,0,40,1,70,1,12\n1,4,0,0,70,0,0\n"
    "1,12,40,1,50,1,12\n"
    "1,14,0,0,50,0,0\n",
    "weight a person": "ID,TIME,AMT,EVID,WT\na,0,40,1,50\na,4,0,0,50\nb,0,40,1,120\nb,4,0,0,120\n",
    "weight at a crossover": "ID,TIME,AMT,EVID,WT\n1,0,40,1,70\n1,4,0,0,70\n1,0,40,4,60\n1,4,0,0,60\n",
    "infusion through a change of weight": "ID,TIME,AMT,RATE,EVID,WT\n1,0,80,10,1,70\n1,4,0,0,0,60\n1,9,0,0,0,50\n",
    "no EVID": "ID,TIME,AMT,RATE\n1,0,40,10\n1,2,0,0\n1,5,0,0\n",
}  # fmt: skip

# --- other dialects, each beside the plain table that says the same ---

BOLUS = "ID,TIME,AMT\n1,0,40\n1,4,0\n"

INFUSED = "ID,TIME,AMT,RATE\n1,0,40,10\n1,4,0,0\n"

LASTING = "ID,TIME,AMT,DUR\n1,0,40,4\n1,4,0,0\n"

DAYS = "ID,TIME,AMT\n1,0,40\n1,24,40\n1,28,0\n"

MORE = "ID,TIME,AMT,II,ADDL\n1,0,40,24,3\n1,4,0,0,0\n"

SAME = {
    # signs of nothing, separators, comments
    "R writes NA": ("ID,TIME,AMT,RATE\n1,0,40,10\n1,4,NA,NA\n", INFUSED),
    "Excel leaves cells empty": ("ID,TIME,AMT,RATE\n1,0,40,10\n1,4,,\n", INFUSED),
    "points": ("ID,TIME,AMT,RATE\n1,0,40,10\n1,4,.,.\n", INFUSED),
    "quotes": ('"ID","TIME","AMT"\n"1","0","40"\n"1","4",""\n', BOLUS),
    "tabs": ("ID\tTIME\tAMT\n1\t0\t40\n1\t4\t.\n", BOLUS),
    "bars": ("ID|TIME|AMT\n1|0|40\n1|4|.\n", BOLUS),
    "blanks": ("ID  TIME AMT\n 1   0   40\n 1   4   .\n", BOLUS),
    "semicolons and decimal commas": ("ID;TIME;AMT;RATE\n1;0,0;40,0;10,0\n1;4,0;.;.\n", INFUSED),
    "decimal commas between tabs": ("ID\tTIME\tAMT\n1\t0\t40,0\n1\t4\t0\n", BOLUS),
    "byte order mark and CRLF": ("\ufeffID,TIME,AMT\r\n1,0,40\r\n1,4,0\r\n", BOLUS),
    "comma at the end of rows": ("ID,TIME,AMT,\n1,0,40,\n1,4,0,\n", BOLUS),
    "comma at the end of rows only": ("ID,TIME,AMT\n1,0,40,\n1,4,0,\n", BOLUS),
    "comments": ("# mine\nID,TIME,AMT\n# 1,0,90\n1,0,40\n1,4,0\n", BOLUS),
    "at signs": ("ID,TIME,AMT\n@1,0,90\n1,0,40\n1,4,0\n", BOLUS),
    "headings behind #": ("#ID,TIME,AMT\n1,0,40\n1,4,0\n", BOLUS),
    "headings behind @": ("@ID TIME AMT\n1 0 40\n1 4 0\n", BOLUS),
    "headings CID": ("CID,TIME,AMT\n1,0,40\nC1,0,90\n1,4,0\n", BOLUS),
    "NONMEM's table": ("TABLE NO.  1\n ID TIME AMT\n 1.0000E+00 0.0000E+00 4.0000E+01\n"
    " 1.0000E+00 4.0000E+00 0.0000E+00\n"
                       , BOLUS),
    "NONMEM's headings again": ("TABLE NO. 1\nID,TIME,AMT\n1,0,40\nTABLE NO. 1\nID,TIME,AMT\n1,4,0\n", BOLUS),
    "D exponents": ("ID,TIME,AMT\n1,0,4.0D1\n1,4.0d+00,0\n", BOLUS),
    "E exponents": ("ID,TIME,AMT\n1,0,4E+01\n1,4e0,0\n", BOLUS),
    "a row of units": ("ID,TIME,AMT,RATE\n,h,mg,mg/h\n1,0,40,10\n1,4,0,0\n", INFUSED),
    "a row of other units": ("ID,TIME,AMT\n-,min,ug\n1,0,40000\n1,240,0\n", BOLUS),
    # who
    "1 and 1.0": ("ID,TIME,AMT\n1,0,40\n1.0,4,0\n", BOLUS),
    "IDs apart whose time goes on": ("ID,TIME,AMT\n1,0,40\n2,1,5\n1,4,0\n2,8,0\n", "ID,TIME,AMT\n1,0,40\n1,4,0\n"
    "2,1,5\n2,8,0\n"),
    "SUBJID": ("SUBJID,TIME,AMT\n1,0,40\n1,4,0\n", BOLUS),
    "USUBJID": ("usubjid,time,amt\n1,0,40\n1,4,0\n", BOLUS),
    # what is left out
    "C": ("C,ID,TIME,AMT\n.,1,0,40\nC,1,0,40\n.,1,4,0\n", BOLUS),
    "C with NA": ("C,ID,TIME,AMT\nNA,1,0,40\nC,1,0,40\nNA,1,4,0\n", BOLUS),
    "C as it is commented": ("C,ID,TIME,AMT\n,1,0,40\nC,1,0,junk\n,1,4,0\n", BOLUS),
    "EXCL": ("ID,TIME,AMT,EXCL\n1,0,40,0\n1,0,40,1\n1,4,0,0\n", BOLUS),
    "FLAG": ("ID,TIME,AMT,FLAG\n1,0,40,0\n1,0,40,1\n1,4,0,0\n", BOLUS),
    "IGNORE=@": ("IGNORE,ID,TIME,AMT\n.,1,0,40\n@,1,0,40\n.,1,4,0\n", BOLUS),
    "exclude in words": ("ID,TIME,AMT,exclude\n1,0,40,FALSE\n1,0,40,TRUE\n1,4,0,FALSE\n", BOLUS),
    "two columns of exclusion": ("C,ID,TIME,AMT,EXCL\n.,1,0,40,0\nC,1,0,40,0\n.,1,0,40,1\n.,1,4,0,0\n", BOLUS),
    "KEEP": ("ID,TIME,AMT,KEEP\n1,0,40,1\n1,0,40,0\n1,4,0,1\n", BOLUS),
    # when
    "minutes in a column": ("ID,TIME,AMT,TIMEU\n1,0,40,min\n1,240,0,min\n", BOLUS),
    "minutes in the heading": ("ID,TIME (min),AMT\n1,0,40\n1,240,0\n", BOLUS),
    "TIME_MIN": ("ID,TIME_MIN,AMT\n1,0,40\n1,240,0\n", BOLUS),
    "days": ("ID,TIME [days],AMT\n1,0,40\n1,1,40\n1,1.16666666666666667,0\n", DAYS),
    "TIME (h)": ("ID,TIME (h),AMT (mg)\n1,0,40\n1,4,0\n", BOLUS),
    "times of day": ("ID,TIME,AMT\n1,8:30,40\n1,12:30,0\n", BOLUS),
    "times of day with seconds": ("ID,TIME,AMT\n1,08:30:00,40\n1,12:30:00,0\n", BOLUS),
    "date and time of day": ("ID,DATE,TIME,AMT\n1,2026-03-31,22:00,40\n1,2026-04-01,22:00,40\n"
    "1,2026-04-02,02:00,0\n", DAYS),
    "DAT1": ("ID,DAT1,TIME,AMT\n1,03/04/2026,22:00,40\n1,04/04/2026,22:00,40\n1,05/04/2026,02:00,0\n", DAYS),
    "DAT2": ("ID,DAT2,TIME,AMT\n1,2026/4/3,22:00,40\n1,2026/4/4,22:00,40\n1,2026/4/5,02:00,0\n", DAYS),
    "DATE that shows its order": ("ID,DATE,TIME,AMT\n1,30/04/2026,22:00,40\n1,1/5/2026,22:00,40\n"
    "1,2/5/2026,02:00,0\n", DAYS),
    "DATE as a number of days": ("ID,DATE,TIME,AMT\n1,1,22:00,40\n1,2,22:00,40\n1,3,02:00,0\n", DAYS),
    "DATETIME": ("ID,DATETIME,AMT\n1,2026-04-03 22:00,40\n1,2026-04-04 22:00,40\n1,2026-04-05T02:00:00,0\n", DAYS),
    "a moment in TIME": ("ID,TIME,AMT\n1,2026-04-03T22:00,40\n1,2026-04-04T22:00,40\n1,2026-04-05T02:00,0\n", DAYS),
    "clock beside a date": ("ID,DATE,CLOCK,AMT\n1,2026-04-03,22:00,40\n1,2026-04-04,22:00,40\n"
    "1,2026-04-05,02:00,0\n", DAYS),
    # how much, how long
    "micrograms in a column": ("ID,TIME,AMT,UNIT\n1,0,40000,ug\n1,4,0,ug\n", BOLUS),
    "micrograms on the dose, ng/mL on the rest": ("ID,TIME,AMT,UNIT\n1,0,40000,µg\n1,4,0,ng/mL\n", BOLUS),
    "AMTU": ("ID,TIME,AMT,AMTU\n1,0,0.04,g\n1,4,0,g\n", BOLUS),
    "AMT_MCG": ("ID,TIME,AMT_MCG\n1,0,40000\n1,4,0\n", BOLUS),
    "µg and minutes, RATE in them": ("ID,TIME (min),AMT (µg),RATE\n1,0,40000,166.66666666666667\n"
    "1,240,0,0\n", INFUSED),
    "RATE in its own unit": ("ID,TIME,AMT,RATE,RATEU\n1,0,40,0.16666666666666667,mg/min\n1,4,0,0,mg/min\n", INFUSED),
    "RATE_MG_MIN": ("ID,TIME,AMT,RATE_MG_MIN\n1,0,40,0.16666666666666667\n1,4,0,0\n", INFUSED),
    "Monolix's TINF": ("ID,TIME,AMT,TINF\n1,0,40,4\n1,4,.,.\n", LASTING),
    "T_INF": ("ID,TIME,AMT,T_INF\n1,0,40,4\n1,4,.,.\n", LASTING),
    "INF": ("ID,TIME,AMT,INF\n1,0,40,4\n1,4,.,.\n", LASTING),
    "DURATION": ("ID,TIME,AMT,DURATION\n1,0,40,4\n1,4,.,.\n", LASTING),
    "DUR in minutes": ("ID,TIME,AMT,DUR (min)\n1,0,40,240\n1,4,.,.\n", LASTING),
    "STOPTIME": ("ID,TIME,AMT,STOPTIME\n1,0,40,4\n1,4,.,.\n", LASTING),
    "END beside minutes": ("ID,TIME (min),AMT,END\n1,0,40,240\n1,240,.,.\n", None),
    "RATE -2 with D1": ("ID,TIME,AMT,RATE,D1\n1,0,40,-2,4\n1,4,0,0,4\n", LASTING),
    "RATE -1 with R1": ("ID,TIME,AMT,RATE,R1\n1,0,40,-1,10\n1,4,0,0,10\n", INFUSED),
    "D1 without -2 does nothing": ("ID,TIME,AMT,RATE,D1\n1,0,40,10,7\n1,4,0,0,7\n", INFUSED),
    "PKNCA's dose and duration": ("subject,time,dose,duration,route\n1,0,40,4,intravascular\n1,4,0,0,\n", LASTING),
    # what happens
    "EVID 101": ("ID,TIME,AMT,EVID\n1,0,40,101\n1,4,0,0\n", BOLUS),
    "Pumas": ("id,time,amt,evid,cmt,rate,ss,ii,addl\n1,0,40,1,central,10,0,0,0\n1,4,,0,,,,,\n", INFUSED),
    "rxode2's names": ("id,time,amt,rate,evid,cmt\n1,0,40,10,1,centr\n1,4,NA,NA,0,centr\n", INFUSED),
    "mrgsolve's nmtests": ("C,NUM,ID,TIME,EVID,CMT,AMT,RATE,II,ADDL,SS,DV\n.,1,1,0,1,1,40,10,0,0,0,.\n"
    ".,2,1,4,0,1,.,.,.,.,.,12\n", INFUSED),
    "TAU": ("ID,TIME,AMT,TAU,ADDL\n1,0,40,24,3\n1,4,0,0,0\n", MORE),
    "II in days": ("ID,TIME,AMT,II (days),ADDL\n1,0,40,1,3\n1,4,0,0,0\n", MORE),
    "filled downwards": ("ID,TIME,AMT,RATE,EVID,DV\n1,0,40,10,1,.\n1,2,40,10,0,80\n1,4,40,10,0,90\n",
                         "ID,TIME,AMT,RATE\n1,0,40,10\n1,2,0,0\n1,4,0,0\n"),
    "filled downwards with further doses": ("ID,TIME,AMT,II,ADDL,EVID\n1,0,40,24,3,1\n1,4,40,24,3,0\n", MORE),
    "route in words": ("ID,TIME,AMT,ROUTE\n1,0,40,Intravenous\n1,4,0,\n", BOLUS),
    # what changes no dose
    "RACE, STRAT, PERIOD, CREAT, CAT, STATE, ISS, DVID": (
        "ID,TIME,AMT,RACE,STRAT,PERIOD,CREAT,CAT,STATE,ISS,DVID\n1,0,40,1,2,1,80,1,NY,9,1\n"
    "1,4,0,1,2,1,80,1,NY,9,1\n", BOLUS),
    "AGE, SEX, CRCL": ("ID,TIME,AMT,AGE,SEX,CRCL\n1,0,40,45,F,90\n1,4,0,45,F,90\n", BOLUS),
    "PRED and RES": ("ID TIME AMT DV PRED RES WRES\n1 0 40 0 0 0 0\n1 4 0 12 11 1 .5\n", BOLUS),
    "DOSE beside AMT is the arm": ("ID,TIME,AMT,DOSE\n1,0,40,40\n1,4,0,40\n", BOLUS),
    "F1 of 1 and no lag": ("ID,TIME,AMT,F1,ALAG1\n1,0,40,1,0\n1,4,0,1,0\n", BOLUS),
    "one formulation": ("ID,TIME,AMT,FORM\n1,0,40,vial\n1,4,0,.\n", BOLUS),
    "a treatment": ("ID,TIME,AMT,TRT\n1,0,40,A\n1,4,0,A\n", BOLUS),
    "a name nobody knows": ("ID,TIME,AMT,KLMX\n1,0,40,3\n1,4,0,7\n", BOLUS),
}  # fmt: skip

# --- refused ---

REFUSED = {
    "T_INF and DUR": ("ID,TIME,AMT,T_INF,DUR\n1,0,40,4,4\n", "mean the same (duration); keep one"),
    "slip of a letter": ("ID,TIME,AMT,RATES\n1,0,40,10\n", "«RATES» is not known; is it RATE?"),
    "ADL": ("ID,TIME,AMT,ADL\n1,0,40,10\n", "is it ADDL?"),
    "EIVD": ("ID,TIME,AMT,EIVD\n1,0,40,1\n", "is it EVID?"),
    "dose words run together": (f"ID,TIME,AMT,{'DTTM' * 500}DOSE\n1,0,40,1\n", "could change a dose"),
    "a dose word": ("ID,TIME,AMT,NEW_DOSE\n1,0,40,10\n", "«NEW_DOSE» is not known and could change a dose (dose)"),
    "pump rate": ("ID,TIME,AMT,PUMP_ML\n1,0,40,10\n", "could change a dose (ml, pump)"),
    "F1 of one half": ("ID,TIME,AMT,F1\n1,0,40,0.5\n", "row 2, F1: «0.5» would change the dose"),
    "BIO": ("ID,TIME,AMT,BIO\n1,0,40,0.2\n", "row 2, BIO: «0.2» would change the dose"),
    "ALAG1": ("ID,TIME,AMT,ALAG1\n1,0,40,1\n", "row 2, ALAG1: «1» would change the dose"),
    "two formulations": ("ID,TIME,AMT,FORM\n1,0,40,vial\n1,4,40,spray\n", "row 3, FORM: «spray» would change the dose"),
    "CONT": ("ID,TIME,AMT,CONT\n1,0,40,1\n", "row 2, CONT: «1» would change the dose"),
    "a flag nobody knows": ("ID,TIME,AMT,FLAG\n1,0,40,7\n", "row 2, FLAG: «7»: does this row count?"),
    "C that holds concentrations": ("C,ID,TIME,AMT\n.,1,0,40\n81.5,1,4,0\n", "row 3, C: «81.5»: does this row count?"),
    "a flag that says what was measured": (
        "ID,TIME,AMT,FLAG\n1,0,40,0\n1,4,0,1\n",
        "FLAG would leave out every row without an amount",
    ),
    "all rows out": ("C,ID,TIME,AMT\nC,1,0,40\n", "there are headings and no rows"),
    "01 and 1": ("ID,TIME,AMT\n01,0,40\n1,4,0\n", "row 3, ID: «1» and «01»: are they one?"),
    "IDs apart at earlier times": ("ID,TIME,AMT\n1,5,40\n2,0,40\n1,0,40\n", "row 4, ID: «1» comes again"),
    "empty ID": ("ID,TIME,AMT\nNA,0,40\n", "row 2, ID: empty"),
    "no TIME": ("ID,AMT\n1,40\n", "there is no column TIME"),
    "empty time": ("ID,TIME,AMT\n1,NA,40\n", "row 2, TIME: empty"),
    "time falls": ("ID,TIME,AMT\n1,4,40\n1,0,0\n", "row 3, TIME: 0 h comes after 4 h"),
    "time falls at a dose that is no reset": ("ID,TIME,AMT,EVID\n1,4,40,1\n1,0,40,1\n", "row 3, TIME: 0 h comes after"),
    "past midnight without a date": ("ID,TIME,AMT\n1,22:00,40\n1,02:00,0\n", "row 3, TIME: -20 h comes after 0 h"),
    "no time of day": ("ID,TIME,AMT\n1,25:00,40\n", "row 2, TIME: «25:00» is no time of day"),
    "a date that may be two": (
        "ID,DATE,TIME,AMT\n1,03/04/2026,8:00,40\n",
        "row 2, DATE: «03/04/2026» may be of two months",
    ),
    "no date": ("ID,DATE,TIME,AMT\n1,soon,8:00,40\n", "row 2, DATE: «soon» is no date"),
    "a moment of another form": (
        "ID,DATETIME,AMT\n1,3/4/26 8:00,40\n",
        "row 2, DATETIME: «3/4/26 8:00» is no date with a time",
    ),
    "a thousand or one and a quarter": ("ID;TIME;AMT\n1;0;1,250\n", "row 2, AMT: «1,250» may mean 1.250 or 1250"),
    "point and comma": ("ID;TIME;AMT\n1;0;1,250.5\n", "row 2, AMT: «1,250.5» is not a number"),
    "a word for a number": ("ID,TIME,AMT\n1,0,forty\n", "row 2, AMT: «forty» is not a number"),
    "mg/kg": ("ID,TIME,AMT,UNIT\n1,0,0.5,mg/kg\n", "row 2, UNIT: «mg/kg» is not a mass known here"),
    "mL": ("ID,TIME,AMT,AMTU\n1,0,4,mL\n", "row 2, AMTU: «mL» is not a mass known here"),
    "mg/kg in the heading": ("ID,TIME,AMT (mg/kg)\n1,0,0.5\n", "the unit «MG/KG» of AMT (MG/KG) is not a mass"),
    "fortnights": ("ID,TIME,AMT,TIMEU\n1,0,40,fortnight\n", "row 2, TIMEU: «fortnight» is not a time"),
    "rate by weight": ("ID,TIME,AMT,RATE,RATEU\n1,0,40,0.5,mg/kg/h\n", "row 2, RATEU: «mg/kg/h» is not a rate"),
    "CMT 2": (
        "ID,TIME,AMT,CMT\n1,0,40,2\n",
        "row 2, CMT: «2» is not known; say which way each number goes, as in --cmt",
    ),
    "depot": ("ID,TIME,AMT,CMT\n1,0,40,1\n1,4,0,2\n", "row 2, CMT: doses go into 1 and 2 is measured: is 1 the vein"),
    "depot by name": ("ID,TIME,AMT,CMT\n1,0,40,depot\n", "row 2, CMT: «depot» is not known"),
    "CMT turned off": (
        "ID,TIME,AMT,CMT,EVID\n1,0,40,1,1\n1,1,0,-1,2\n",
        "row 3, CMT: -1: no compartment is turned off",
    ),
    "ADM": ("ID,TIME,AMT,ADM\n1,0,40,1\n", "row 2, ADM: «1» is not known; say which way each number goes"),
    "route nobody knows": ("ID,TIME,AMT,ROUTE\n1,0,40,osmosis\n", "row 2, ROUTE: «osmosis» is no route known here"),
    "amount beside EVID 0": ("ID,TIME,AMT,EVID\n1,0,40,1\n1,1,0,0\n1,2,40,0\n", "row 4, AMT: 40 beside EVID 0"),
    "another amount beside EVID 0": ("ID,TIME,AMT,EVID\n1,0,40,1\n1,1,20,0\n", "row 3, AMT: 20 beside EVID 0"),
    "amount before any dose": ("ID,TIME,AMT,EVID\n1,0,40,0\n1,1,40,1\n", "row 2, AMT: 40 beside EVID 0"),
    "dose and measurement in one": ("ID,TIME,AMT,DV,MDV\n1,0,40,12,0\n", "row 2, AMT: an amount and a measurement"),
    "a dose that is a covariate": (
        "ID,TIME,DOSE,DV\n1,2,100,5.1\n1,6,100,3.2\n",
        "row 2, DOSE: an amount and a measurement",
    ),
    "EVID 5": ("ID,TIME,AMT,EVID\n1,0,40,5\n", "row 2, EVID: 5 is not known"),
    "EVID 10101": ("ID,TIME,AMT,EVID\n1,0,40,10101\n", "row 2, EVID: 10101 is not known"),
    "EVID 101 and CMT 2": ("ID,TIME,AMT,EVID,CMT\n1,0,40,101,2\n", "row 2, EVID: this EVID names another compartment"),
    "SS without II": ("ID,TIME,AMT,SS\n1,0,40,1\n", "row 2, steady: a steady state needs".replace("steady:", "SS:")),
    "SS 3": ("ID,TIME,AMT,SS,II\n1,0,40,3,12\n", "row 2, SS: 3 is not known"),
    "ADDL without II": ("ID,TIME,AMT,ADDL\n1,0,40,3\n", "row 2, ADDL: 3 further doses and no interval"),
    "ADDL below 0": ("ID,TIME,AMT,ADDL,II\n1,0,40,-1,12\n", "row 2, ADDL: -1 is negative"),
    "RATE -1 alone": ("ID,TIME,AMT,RATE\n1,0,40,-1\n", "row 2, RATE: -1 leaves it to a model"),
    "RATE -2 alone": ("ID,TIME,AMT,RATE\n1,0,40,-2\n", "row 2, RATE: -2 leaves it to a model"),
    "RATE and DUR apart": ("ID,TIME,AMT,RATE,DUR\n1,0,40,10,5\n", "row 2, RATE: 10 mg/h for DUR 5 h are 50 mg"),
    "an end before the beginning": ("ID,TIME,AMT,STOP\n1,5,40,4\n", "row 2, STOP: 4 lies before the time of its dose"),
    "a weight below 0": ("ID,TIME,AMT,WT\n1,0,40,-99\n", "row 2, WT: no weight is known of this person"),
    "one person without weight": ("ID,TIME,AMT,WT\n1,0,40,70\n2,0,40,NA\n", "row 3, WT: no weight is known"),
    "two weights": ("ID,TIME,AMT,WT,BW\n1,0,40,70,71\n", "the columns WT and BW mean the same (weight)"),
    "a gap in a row": ("ID,TIME,AMT\n1,0\n", "row 2: 2 cells under 3 headings"),
}
