What devices say of the seal.

== A rope is cut under way
A is under way with lock
wait 5m
lock says rope_intact=no
> raised seal-cut lock at 6m
> case 1 is open
wait 1m
lock says rope_intact=no
> nothing

== A rope that is whole again ends the cut
lock says whole
wait 1m
lock says rope_intact=no
> raised seal-cut lock
wait 1m
lock says rope_intact=yes
> cleared seal-cut lock at 2m

== The device shouts that it was cut
lock says whole at=road
lock says !rope-cut at=road
> raised seal-cut lock because cut

== A rope is pulled out without a word of an unlocking
A is under way with lock
wait 2m
lock says rope_inserted=no
> raised unauthorised-open lock because pulled out
wait 1m
lock says whole
> cleared unauthorised-open lock

== A shackle is opened
lock says shackle_closed=yes
wait 1m
lock says shackle_closed=no
> raised unauthorised-open lock because shackle

== A door is opened under lock
lock says sealed=yes motor_locked=yes door_closed=yes
wait 1m
lock says door_closed=no
> raised unauthorised-open lock because door

== A door sensor without a lock guards by its door alone
sensor says door_closed=yes
wait 1m
sensor says door_closed=no
> raised unauthorised-open sensor because door

== Light inside under lock
lock says motor_locked=yes
wait 1m
lock says !light-detected
> raised unauthorised-open lock because Light

== The device itself says that nobody had authority
lock says whole
lock says !unauthorised-open
> raised unauthorised-open lock

== Off a movement the lock is trusted when it allowed the unlocking
lock says whole
wait 1m
lock says motor_locked=no unlock=card card=77
wait 1m
lock says rope_inserted=no
> nothing

== The permission is told after the opening
lock says whole
wait 1m
lock says rope_inserted=no
> raised unauthorised-open lock
wait 1m
lock says unlock=card card=77
> cleared unauthorised-open lock

== A permission of twenty minutes ago does not cover an opening
lock says whole
lock says unlock=card card=77
wait 20m
lock says rope_inserted=no
> raised unauthorised-open lock

== The cover is opened and shut
lock says cover_closed=yes
wait 1m
lock says cover_closed=no
> raised case-open lock because cover
wait 1m
lock says cover_closed=yes
> cleared case-open lock

== The device is taken off
lock says attached=yes
wait 1m
lock says attached=no
> raised case-open lock because taken off

== The SIM card is changed
lock says whole
lock says !sim-changed
> raised case-open lock because SIM

== An unknown card is shown, and that is over after ten minutes
lock says whole
lock says !unknown-card
> raised unlock-refused lock because unknown card
wait 9m
> nothing
wait 2m
> cleared unlock-refused lock at 10m

== Wrong passwords
lock says !wrong-password
> raised unlock-refused lock because passwords

== An unlocking that the device refuses
lock says refused=card card=99
> raised unlock-refused lock because refused

== An unlocking outside its zone
lock says !unlock-outside-zone
> raised unlock-refused lock because zone

== Left unlocked, and locked at last
lock says !long-unlocked
> raised long-unlocked lock
wait 5m
lock says whole
> cleared long-unlocked lock

== A seal that was never closed after arming
lock says !seal-timeout
> raised long-unlocked lock

== A motor that is stuck
lock says !motor-fault
> raised motor-fault lock
wait 5m
lock says whole
> cleared motor-fault lock

== Shocks of a rough road are one alarm
lock says !shock
> raised shock lock
wait 5m
lock says !shock
wait 5m
lock says !shock
wait 9m
> nothing
wait 2m
> cleared shock lock

== A shock soon after the last one is the same alarm again
lock says !shock
> raised shock lock
wait 11m
> cleared shock lock
wait 5m
lock says !shock
> nothing

== A crash
lock says !collision
> raised shock lock because crash

== A seal that falls
lock says !drop
> raised shock lock because fell

== Cut, door and shock within two minutes are one case
A is under way with lock
wait 5m
lock says door_closed=yes whole
wait 1m
lock says rope_intact=no !shock
> raised seal-cut lock
> raised shock lock
wait 1m
lock says door_closed=no
> raised unauthorised-open lock
> cases 1
> case 1 has 3 alarms
