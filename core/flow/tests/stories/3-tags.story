Passive seals: copies, places that cannot both be, seals that should not be there, and those that are not.

== A tag with another chip is a copy
gate reads tag chip=E2800001 at=road
wait 10m
gate reads tag chip=E2800002 at=road
> raised cloned-tag tag because another chip

== A seal at two places
gate north stands -1.0,36.8
gate south stands -2.0,36.8
north reads tag
wait 10m
south reads tag
> raised seal-at-two-places tag

== A seal that had the time to travel
gate north stands -1.0,36.8
gate south stands -2.0,36.8
north reads tag
wait 1h30m
south reads tag
> nothing

== A seal that was destroyed is read again
gate reads tag
tag is destroyed
wait 1h
gate reads tag
> raised destroyed-seal-read tag

== A seal that should have been read and was not
gate reads tag
tag is expected north within 30m
wait 31m
> raised expected-read-missed tag because north
wait 10m
north reads tag
> cleared expected-read-missed tag

== A seal that is read in time
gate reads tag
tag is expected north within 30m
wait 20m
north reads tag
wait 20m
> nothing

== A seal of another number than declared
gate reads tag
operator A declare unit.1.seal.1=ML-1234 policy=in
operator A submit
operator A accept
operator A book class=passive
operator A apply-seal unit=CSQU3054383 number=ML-9999 device=tag -> refused: was not declared
operator A apply-seal unit=CSQU3054383 number=ML-9999 device=tag reason=read_twice
> raised seal-mismatch tag because ML-9999
