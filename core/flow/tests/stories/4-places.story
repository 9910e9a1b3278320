Where a device on a movement is: its route, zones, stops, and who travels with whom.

== Off the route is told at the second fix and ends on the road
draw road
A is under way with lock route=road
wait 5m
lock says whole at=road+1.2
> nothing
wait 5m
lock says whole at=road+1.3
> raised route-deviation lock because off the route
wait 5m
lock says whole at=road+0.4
> cleared route-deviation lock

== Along the edge of the corridor nothing rings
draw road
A is under way with lock route=road
wait 5m
lock says whole at=road+1.04
wait 5m
lock says whole at=road+0.98
wait 5m
lock says whole at=road+1.03
> nothing

== One fix beside the road is the receiver's error
draw road
A is under way with lock route=road
wait 5m
lock says whole at=road+3
wait 5m
lock says whole at=road>1
wait 5m
lock says whole at=road>2
> nothing

== A detour that an authority has confirmed
draw road
A is under way with lock route=road
operator A incident code=1 text=bridge_closed
operator A endorse incident=1 authority=police
wait 5m
lock says whole at=road+2
wait 5m
lock says whole at=road+3
> nothing

== A detour that is only declared is still off the route
draw road
A is under way with lock route=road
operator A incident code=1 text=bridge_closed
wait 5m
lock says whole at=road+2
wait 5m
lock says whole at=road+3
> raised route-deviation lock

== A route that is not drawn is no route to arm on
lock says whole at=road battery=80
operator A declare route=road
operator A submit
operator A accept
operator A book class=active
operator A arm device=lock -> refused: no route road is drawn
draw road
operator A arm device=lock
> A is armed

== In a restricted zone, at the first fix
draw zone
A is under way with lock
wait 10m
lock says whole at=road-9.8
> raised restricted-zone lock because zone
wait 10m
lock says whole at=road-3
> nothing
wait 10m
lock says whole at=road-2
> cleared restricted-zone lock

== A fix in the zone that comes late counts
draw zone
A is under way with lock
wait 30m
lock says whole at=road-2 
wait 1m
lock says whole at=road-9.8 age=20m buffered
> raised restricted-zone lock late
> raised late-upload lock

== The zone is no matter of a device without a movement
draw zone
lock says whole at=road-9.8
> nothing

== Standing too long where nobody may stop
A is under way with lock
lock keeps saying whole at=road>1 every 10m for 1h
> nothing
lock says whole at=road>1
> raised overstay lock because stood for 60 minutes
wait 10m
lock says whole at=road>3
> cleared overstay lock

== A rest area is where one may stand
draw rest
A is under way with lock
wait 5m
lock keeps saying whole at=-1.2921,36.9 every 10m for 2h
> nothing

== A breakdown that the carrier has declared
A is under way with lock
wait 5m
operator A incident code=3 text=tyre
lock keeps saying whole at=road>1 every 10m for 2h
> nothing

== In the yard before it leaves it may stand
lock says whole at=road battery=80
operator A declare
operator A submit
operator A accept
operator A book class=active
operator A arm device=lock
lock keeps saying whole at=road every 10m for 2h
> nothing

== The trailer goes another way than the truck
lock says whole at=road battery=80
trailer says whole at=road battery=80
operator A declare unit.1.number=KAA_123A unit.1.kind=truck unit.2.number=CSQU3054383
operator A submit
operator A accept
operator A book class=active
operator A arm device=lock unit=KAA_123A
operator A arm device=trailer unit=CSQU3054383
operator A depart
wait 10m
lock says whole at=road>20
trailer says whole at=road>1
> nothing
wait 10m
lock says whole at=road>35
trailer says whole at=road>1.5
> raised split trailer
wait 1m
lock says whole at=road>36
> raised split lock
