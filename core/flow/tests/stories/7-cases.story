What people do about alarms.

== A case from its alarm to its outcome
A is under way with lock
wait 5m
lock says rope_intact=no
> raised seal-cut lock
case 1 acknowledge
> case 1 is acknowledged
case 1 assess action=called-driver note=does_not_answer
case 1 dispatch unit=Patrol_4
case 1 on-scene
> case 1 is on-scene
case 1 resolve outcome=violation note=cartons_gone
> case 1 is resolved

== Nobody comes, and it is escalated
A is under way with lock
wait 5m
lock says rope_intact=no
> raised seal-cut lock
wait 10m
> case 1 is open
acknowledge seal-cut lock
> case 1 is acknowledged

== An excuse needs evidence
A is under way with lock
wait 5m
lock says rope_intact=no
> raised seal-cut lock
case 1 acknowledge
case 1 resolve outcome=excused note=police -> refused: evidence
case 1 resolve outcome=excused note=police evidence=report_12/26
> case 1 is resolved

== A critical case is not shelved, another one is
lock says rope_intact=no
> raised seal-cut lock
case 1 shelve until=+2h reason=workshop -> refused: critical
other says battery=5
> raised low-battery other

== A silence alone asks for nobody's case
lock keeps saying whole every 10m for 1h
wait 11m
> raised signal-loss lock
> cases 0
