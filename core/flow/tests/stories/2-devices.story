Battery, network, clock and position of devices.

== A low battery is well again at twenty per cent
lock says battery=14
> raised low-battery lock because below
wait 10m
lock says battery=17
> nothing
wait 10m
lock says battery=21
> cleared low-battery lock

== A device that shouts for power
lock says !low-battery battery=60
> raised low-battery lock because reports

== Two periods without a word
lock keeps saying whole at=road every 10m for 1h
wait 10m
> nothing
wait 6s
> raised signal-loss lock
wait 1h
lock says whole at=road
> cleared signal-loss lock

== A device that has not shown its period is given two hours
lock says whole
wait 2h
> nothing
wait 5s
> raised signal-loss lock at 2h5s

== In a gap of coverage it is waited for four hours more
draw gap
lock says whole at=-1.2921,36.7
wait 6h
> nothing
wait 5s
> raised signal-loss lock at 6h5s

== Nobody waits for a device that is suspended
lock says whole
lock is suspended
wait 3h
> nothing

== Reports of the journey through a tunnel come late
A is under way with lock
wait 20m
lock says whole at=road>1 age=15m buffered
> raised late-upload lock because long after

== A cut that nobody heard is told late, by when it happened
A is under way with lock
wait 30m
lock says rope_intact=no age=20m buffered
> raised seal-cut lock late
> raised late-upload lock

== A clock that is slow is a clock that is slow, and no late report
lock says whole age=250s
wait 10m
lock says whole age=250s
wait 10m
lock says whole age=250s
> raised clock-drift lock because slow
wait 10m
lock says whole
wait 10m
lock says whole
wait 10m
lock says whole
> cleared clock-drift lock

== A clock that is fast
lock says whole ahead=5m
wait 10m
lock says whole ahead=5m
wait 10m
lock says whole ahead=5m
> raised clock-drift lock because fast

== Satellites are jammed
lock says !gnss-jamming
> raised gnss-implausible lock because jammed

== The network is jammed
lock says !network-jamming
> raised gnss-implausible lock because cellular

== A position that cannot be
lock says whole at=road
wait 1m
lock says whole at=road+50
> raised gnss-implausible lock because jumped

== A receiver that errs by some hundred metres is no alarm
lock says whole at=road
wait 1m
lock says whole at=road+0.4
wait 1m
lock says whole at=road-0.3
> nothing

== A message that proves nothing changes nothing
lock says whole proof=5
wait 1m
lock says rope_intact=no forged
> raised proof-invalid lock because does not hold

== An old proof is shown again
gate reads tag proof=7 at=road
wait 10m
gate reads tag proof=7 at=road
> raised proof-replayed tag because used before

== The same reading twice in a minute is one reading
gate reads tag proof=7 at=road
wait 1m
gate reads tag proof=7 at=road
> nothing

== Ten silent behind one gateway are one case, which is over an hour after they are heard again
gate reads tag0
gate reads tag1
gate reads tag2
gate reads tag3
gate reads tag4
gate reads tag5
gate reads tag6
gate reads tag7
gate reads tag8
gate reads tag9
wait 2h10s
> raised signal-loss tag0
> raised signal-loss tag1
> raised signal-loss tag2
> raised signal-loss tag3
> raised signal-loss tag4
> raised signal-loss tag5
> raised signal-loss tag6
> raised signal-loss tag7
> raised signal-loss tag8
> raised signal-loss tag9
> cases 1
> case 1 has 10 alarms
gate reads tag0
gate reads tag1
gate reads tag2
gate reads tag3
gate reads tag4
gate reads tag5
gate reads tag6
gate reads tag7
gate reads tag8
gate reads tag9
> cleared signal-loss tag0
> cleared signal-loss tag1
> cleared signal-loss tag2
> cleared signal-loss tag3
> cleared signal-loss tag4
> cleared signal-loss tag5
> cleared signal-loss tag6
> cleared signal-loss tag7
> cleared signal-loss tag8
> cleared signal-loss tag9
> case 1 is open
wait 1h1s
> case 1 is resolved
