Who may open a seal, and what the device then says.

== Opened with a card that nobody authorised
A is under way with lock policy=eac
wait 5m
lock says motor_locked=no unlock=card card=77
> raised unauthorised-open lock because nobody has authorised

== Where the policy trusts the lock, it is trusted
A is under way with lock policy=in
wait 5m
lock says motor_locked=no unlock=card card=77
> nothing

== Authorised by two, used once
A is under way with lock policy=eac
operator A authorise-opening seal=lock until=+2h reason=re-stow
operator A confirm-opening opening=1 -> refused: second person
leader A confirm-opening opening=1
> A opening 1 granted
wait 5m
lock says motor_locked=no unlock=card card=77
> A opening 1 used
wait 1m
lock says rope_inserted=no
wait 5m
lock says whole
> nothing
wait 20m
lock says motor_locked=no unlock=card card=77
> raised unauthorised-open lock

== The wrong card
A is under way with lock policy=eac
operator A authorise-opening seal=lock until=+2h way=card card=77 reason=re-stow
leader A confirm-opening opening=1
wait 5m
lock says motor_locked=no unlock=card card=88
> raised unauthorised-open lock because with a card
> A opening 1 granted

== A code, given to the officer
A is under way with lock policy=eac
operator A authorise-opening seal=lock until=+2h way=code reason=re-stow
operator A give-code opening=1 -> refused: second person
leader A confirm-opening opening=1
operator A give-code opening=1
wait 5m
lock says motor_locked=no unlock=code
> A opening 1 used

== No code where a card is wanted
A is under way with lock policy=eac
operator A authorise-opening seal=lock until=+2h way=card reason=re-stow
leader A confirm-opening opening=1
operator A give-code opening=1 -> refused: not with a code

== At its office, after it has arrived, one person is enough
draw post
A is under way with lock policy=eac
wait 30m
lock says whole at=-1.2921,37.0
operator A arrive
operator A authorise-opening seal=lock until=+2h place=post reason=examination
> A opening 1 granted
wait 5m
lock says motor_locked=no unlock=bluetooth at=-1.2921,37.0
> A opening 1 used

== Authorised at the post, opened elsewhere
draw post
A is under way with lock policy=eac
operator A authorise-opening seal=lock until=+2h place=post reason=examination
leader A confirm-opening opening=1
wait 5m
lock says motor_locked=no unlock=card at=road
> raised unauthorised-open lock

== Only what is drawn is a place to open at
A is under way with lock policy=eac
operator A authorise-opening seal=lock until=+2h place=post reason=examination -> refused: no office

== Authorised and never opened, until a late report says that it was
A is under way with lock policy=eac
operator A authorise-opening seal=lock until=+30m reason=re-stow
leader A confirm-opening opening=1
wait 20m
lock says whole at=road>5
wait 26m
> raised opening-missed lock because has not been reported
> A opening 1 missed
lock says motor_locked=no unlock=card age=25m buffered
> raised late-upload lock
> cleared opening-missed lock
> A opening 1 used

== Taken back in time
A is under way with lock policy=eac
operator A authorise-opening seal=lock until=+2h reason=re-stow
leader A confirm-opening opening=1
operator A withdraw-opening opening=1 reason=driver_went_on
wait 5m
lock says motor_locked=no unlock=card
> raised unauthorised-open lock

== At most a day
A is under way with lock policy=eac
operator A authorise-opening seal=lock until=+25h reason=re-stow -> refused: at most 24 hours

== At every stage it may be asked for, agreed to, and taken back
A is under way with lock policy=eac
operator A authorise-opening seal=lock until=+2h reason=one
leader A confirm-opening opening=1
operator A give-code opening=1
operator A withdraw-opening opening=1 reason=over
operator A intercept reason=risk
operator A authorise-opening seal=lock until=+2h reason=two
leader A confirm-opening opening=2
operator A give-code opening=2
operator A withdraw-opening opening=2 reason=over
operator A resume
operator A arrive
operator A authorise-opening seal=lock until=+2h reason=three
leader A confirm-opening opening=3
operator A give-code opening=3
operator A withdraw-opening opening=3 reason=over
operator A verify
operator A authorise-opening seal=lock until=+2h reason=four
leader A confirm-opening opening=4
operator A give-code opening=4
operator A withdraw-opening opening=4 reason=over
operator A differ text=short
operator A authorise-opening seal=lock until=+2h reason=five
leader A confirm-opening opening=5
operator A give-code opening=5
operator A withdraw-opening opening=5 reason=over
> A is discrepancy
