Movements from declaration to their end.

== From declaration to discharge
A is under way with lock
> A guarantee reserved
wait 1h
operator A arrive place=ZWCHI
operator A verify
operator A remove seal=lock
> A is disarmed
operator A discharge
> A is discharged
> A guarantee released

== A declaration that is sent back, mended and accepted
operator A declare
operator A submit
operator A reject reason=tariff_line
> A is draft
operator A amend goods.1.hs=170199
operator A submit
operator A accept
> A is accepted

== What is declared is complete before it is submitted
operator A declare holder.name=
operator A submit -> refused: holder
> A is draft

== Given up as a draft
operator A declare
operator A cancel reason=no_truck
> A is cancelled

== Given up when submitted
operator A declare
operator A submit
operator A cancel reason=no_truck
> A is cancelled

== Given up when accepted, and the guarantee is free
operator A declare
operator A submit
operator A accept
> A guarantee reserved
operator A cancel reason=no_truck
> A guarantee released

== Given up when booked
operator A declare
operator A submit
operator A accept
operator A book class=active
operator A cancel reason=no_truck
> A is cancelled
operator A submit -> refused: cancelled

== A country that asks for active devices takes no bolt
operator A declare policy=eac
operator A submit
operator A accept
operator A book class=passive -> refused: active

== Two seals on two containers
lock says whole at=road battery=80
operator A declare unit.2.number=MSKU6011672 policy=in
operator A submit
operator A accept
operator A book class=active
operator A arm device=lock
operator A depart -> refused: MSKU6011672 has no seal
operator A apply-seal unit=MSKU6011672 number=ML-2
operator A depart
> A is in-transit

== A second device on the container
lock says whole at=road battery=80
second says whole at=road battery=80
operator A declare
operator A submit
operator A accept
operator A book class=active
operator A apply-seal unit=CSQU3054383 number=ML-1
operator A arm device=lock
operator A arm device=second
> A is armed

== A device without battery is armed only with a reason
lock says whole at=road battery=20
operator A declare
operator A submit
operator A accept
operator A book class=active
operator A arm device=lock -> refused: 20 %, at least 30 %
operator A arm device=lock reason=short_way
> A is armed

== A device that is out of service is armed on nothing
lock says whole at=road battery=80
lock is suspended
operator A declare
operator A submit
operator A accept
operator A book class=active
operator A arm device=lock reason=whatever -> refused: it is suspended

== One device, one movement
A is under way with lock
operator B declare
operator B submit
operator B accept
operator B book class=active
operator B arm device=lock -> refused: armed on movement 1

== A seal is replaced under way, old and new are linked
A is under way with lock
second says whole at=road battery=80
operator A incident code=3 text=inspection_by_police
operator A reseal unit=CSQU3054383 old=lock new=ML-7 device=second
operator A arrive
operator A verify
operator A remove seal=lock -> refused: no seal
operator A remove seal=ML-7
> A is disarmed

== Stopped by a patrol, looked at and let go
A is under way with lock
operator A intercept reason=risk
> A is intercepted
operator A inspect finding=in_order
operator A resume
> A is in-transit

== Stopped, resealed, and on its way again
A is under way with lock
operator A intercept reason=risk
operator A incident code=2 text=opened_by_the_patrol
operator A endorse incident=1 authority=patrol
operator A reseal unit=CSQU3054383 old=lock new=ML-8
operator A extend limit=+4d reason=patrol
operator A resume
> A is in-transit

== Stopped, and what was found is paid for
A is under way with lock
operator A intercept reason=risk
operator A inspect finding=cartons_missing
operator A recover reason=duty_on_the_missing
> A is recovery
> A guarantee claimed

== Across the border
A is under way with lock
operator A extend limit=+5d reason=queue
operator A hand-over partner=MZ
> A is at-border
operator A take-over partner=ZM -> refused: another partner
operator A take-over partner=MZ
> A is in-transit

== What happens while nobody has taken over
A is under way with lock
operator A authorise-opening seal=lock until=+2h reason=inspection
operator A hand-over partner=MZ
operator A withdraw-opening opening=1 reason=handed_over
operator A authorise-opening seal=lock until=+2h reason=inspection -> refused: at-border
operator A incident code=5 text=axle
operator A endorse incident=1 authority=border_police
operator A reseal unit=CSQU3054383 old=lock new=ML-9
operator A extend limit=+5d reason=queue
operator A intercept reason=found_at_the_border
> A is intercepted

== Nobody takes it over, and the duty is claimed
A is under way with lock
operator A hand-over partner=MZ
operator A recover reason=never_came
> A guarantee claimed

== Something differs at arrival, is explained, and it ends well
A is under way with lock
operator A arrive
operator A incident code=6 text=late
operator A endorse incident=1 authority=office
operator A differ text=one_carton_short
> A is discrepancy
operator A inspect finding=counted_again
operator A explain text=counting_error
> A is verified
operator A remove seal=lock
operator A discharge
> A guarantee released

== Something differs after it was verified
A is under way with lock
operator A arrive
operator A verify
operator A differ text=seal_of_another_number
operator A remove seal=lock
operator A recover reason=penalty
> A is recovery
> A guarantee claimed

== A seal that says it was cut is not verified
A is under way with lock
wait 5m
lock says rope_intact=no
> raised seal-cut lock
operator A arrive
operator A verify -> refused: cut or opened
operator A differ text=rope_cut
> A is discrepancy

== No discharge while a case has no outcome
A is under way with lock
wait 5m
lock says !shock !rope-cut
> raised seal-cut lock
> raised shock lock
wait 1m
lock says whole
> cleared seal-cut lock
operator A arrive
operator A verify
operator A remove seal=lock
operator A discharge -> refused: no outcome
case 1 acknowledge
case 1 resolve outcome=device-fault note=contact
operator A discharge
> A is discharged

== A clean movement of the Union discharges by itself
A is under way with lock policy=eu
operator A arrive
operator A verify
operator A remove seal=lock
> A is discharged
> A guarantee released

== One with a discrepancy does not
A is under way with lock policy=eu
operator A arrive
operator A differ text=short
operator A explain text=found
operator A remove seal=lock
> A is disarmed

== The limit passes, and is extended
A is under way with lock limit=+2h
wait 10m
lock keeps saying whole at=road>9 every 20m for 40m
lock keeps saying whole at=road>19 every 20m for 40m
lock keeps saying whole at=road>29 every 20m for 40m
> raised overdue lock because was to arrive by
> A is overdue
operator A extend limit=+2h reason=queue
> cleared overdue lock

== Overdue and claimed
A is under way with lock limit=+1h
operator A recover reason=too_soon -> refused: not overdue
wait 1h5m
> raised overdue lock
operator A recover reason=never_arrived
> A guarantee claimed
> cleared overdue lock

== A limit is extended at every stage before it leaves
lock says whole at=road battery=80
operator A declare
operator A submit
operator A accept
operator A extend limit=+5d reason=strike
operator A extend limit=+3d reason=strike -> refused: not later
operator A book class=active
operator A extend limit=+6d reason=strike
operator A arm device=lock
operator A extend limit=+7d reason=strike
> A is armed

== Links are given at every stage, and taken back
lock says whole at=road battery=80
operator A declare
operator A submit
operator A share audience=shipper until=+2h -> refused: submitted
operator A accept
operator A share audience=public until=+2h -> refused: shipper or driver
operator A share audience=shipper until=+31d -> refused: 720 hours
operator A share audience=shipper until=+2h
operator A withdraw-link link=1
operator A withdraw-link link=1 -> refused: taken back already
operator A book class=active
operator A share audience=driver until=+2h
operator A withdraw-link link=2
operator A arm device=lock
operator A share audience=driver until=+2h
operator A withdraw-link link=3
operator A depart
operator A share audience=driver until=+2h
operator A withdraw-link link=4
operator A hand-over partner=MZ
operator A share audience=shipper until=+2h
operator A withdraw-link link=5
operator A intercept reason=risk
operator A share audience=shipper until=+2h
operator A withdraw-link link=6
operator A resume
operator A share audience=shipper until=+2h
operator A share audience=shipper until=+2h
operator A share audience=shipper until=+2h
operator A arrive
operator A share audience=shipper until=+2h
operator A withdraw-link link=7
operator A verify
operator A withdraw-link link=8
operator A differ text=short
operator A withdraw-link link=9
operator A explain text=found
operator A remove seal=lock
operator A withdraw-link link=10
> A is disarmed
