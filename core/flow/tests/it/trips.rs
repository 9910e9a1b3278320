//! Detection and false alarms over simulated trips: receivers that err, gaps of coverage, late uploads, rests and queues;
//! and incidents of which the truth is known. Prints its figures, which docs/alarms.md has.

#![allow(
    clippy::cast_possible_truncation,
    clippy::too_many_lines,
    reason = "seconds and degrees of some days on one continent; the figures are told where they are made"
)]

use std::collections::{BTreeMap, BTreeSet};

use plomb_devices::Decoded;
use plomb_evidence::{Action, Opened, Operated};
use plomb_flow::{Flow, Input, Ledger, Outcome};
use plomb_model::{
    AlarmChange, AlarmKind, ConnectionId, Delivery, DeviceId, EntryId, Event, EventKind, Fix, LatitudeE7,
    LongitudeE7, MovementId, OccurredAt, Percent, Position, Protocol, Reading, ReceivedAt, Scheme, SealPart,
    Standing, Timestamp, Transport,
};
use plomb_movements::Form;
use plomb_rules::RuleSettings;

/// Trips of the measurement, and how many of them have an incident.
const TRIPS: u32 = 2_000;
const INCIDENTS: u32 = 300;
/// Reporting period, seconds.
const PERIOD_S: i64 = 300;
const KM_DEGREE: f64 = 111.195;
/// Half the width of a corridor and the margin of the rules, kilometres: beyond it a truck has left its route.
const LEFT_KM: f64 = 1.05;

/// A ledger that only counts.
struct Counted(u64);

impl Ledger for Counted {
    fn next(&self) -> EntryId {
        EntryId(self.0)
    }

    fn append(&mut self, write: &mut dyn FnMut(&mut Vec<u8>)) {
        let mut bytes = Vec::new();
        write(&mut bytes);
        self.0 += 1;
    }
}

/// SplitMix64: the same trips on every machine.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to below 1.
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn between(&mut self, least: f64, most: f64) -> f64 {
        least + self.share() * (most - least)
    }

    /// Of a normal distribution, by the sum of twelve.
    fn gauss(&mut self, sigma: f64) -> f64 {
        ((0..12).map(|_| self.share()).sum::<f64>() - 6.0) * sigma
    }
}

/// A road from the coast inland, by its points and its length.
struct Road {
    points: Vec<(f64, f64)>,
    km: Vec<f64>,
}

impl Road {
    fn new(dice: &mut Dice, number: u32) -> Self {
        let mut at = (-4.0 - f64::from(number) * 1.5, 39.5);
        let mut points = vec![at];
        let mut km = vec![0.0];
        for _ in 0..6 {
            let (north, west) = (dice.between(-0.25, 0.45), dice.between(0.7, 1.3));
            at = (at.0 + north, at.1 - west);
            let leg = f64::hypot(north, west * at.0.to_radians().cos()) * KM_DEGREE;
            km.push(km.last().unwrap() + leg);
            points.push(at);
        }
        Self { points, km }
    }

    fn length_km(&self) -> f64 {
        *self.km.last().unwrap()
    }

    /// The place so far along it, and so far to its north side.
    fn at(&self, along_km: f64, aside_km: f64) -> (f64, f64) {
        let leg = self.km.partition_point(|km| *km <= along_km).clamp(1, self.km.len() - 1);
        let ((lat1, lon1), (lat2, lon2)) = (self.points[leg - 1], self.points[leg]);
        let share = (along_km - self.km[leg - 1]) / (self.km[leg] - self.km[leg - 1]);
        let (north, east) = (lat2 - lat1, (lon2 - lon1) * lat1.to_radians().cos());
        let long = f64::hypot(north, east);
        let (aside_north, aside_east) = (-east / long * aside_km, north / long * aside_km);
        let latitude = lat1 + north * share + aside_north / KM_DEGREE;
        let longitude = lon1 + (lon2 - lon1) * share + aside_east / KM_DEGREE / lat1.to_radians().cos();
        (latitude, longitude)
    }
}

/// Where rests, gaps and zones are along every road, kilometres.
const RESTS_KM: [f64; 4] = [120.0, 260.0, 400.0, 540.0];
const GAP_KM: f64 = 330.0;
const GAP_RADIUS_KM: f64 = 25.0;
/// A gap is drawn larger than it is by the way of one reporting period: a truck is heard last before its edge.
const GAP_MARGIN_KM: f64 = 8.0;
const ZONE_KM: f64 = 200.0;
const ZONE_ASIDE_KM: f64 = 8.0;
const ZONE_RADIUS_KM: f64 = 3.0;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Incident {
    Cut,
    Opened,
    Zone,
    Left,
}

impl Incident {
    const ALL: [Self; 4] = [Self::Cut, Self::Opened, Self::Zone, Self::Left];

    const fn kind(self) -> AlarmKind {
        match self {
            Self::Cut => AlarmKind::SealCut,
            Self::Opened => AlarmKind::UnauthorisedOpen,
            Self::Zone => AlarmKind::RestrictedZone,
            Self::Left => AlarmKind::RouteDeviation,
        }
    }
}

/// One trip, minute by minute as it is driven.
struct Trip {
    road: usize,
    device: DeviceId,
    movement: MovementId,
    along_km: f64,
    aside_km: f64,
    speed_kmh: f64,
    /// It stands until then.
    stands_until: i64,
    rests_left: Vec<f64>,
    incident: Option<(Incident, f64)>,
    /// When the incident happened, in truth.
    happened_at: Option<i64>,
    /// Seconds until which there is no network.
    offline_until: i64,
    memory: Vec<Event>,
    /// When it was heard last, and where it was really silent for two periods with no gap on the map.
    heard_at: i64,
    silent: Vec<(i64, i64)>,
    /// It was well inside the zone of its road when it reported; it was near enough to be taken for inside.
    in_zone: bool,
    near_zone: bool,
    queued_km: f64,
    began_at: i64,
    ended_at: Option<i64>,
}

/// The platform and its devices.
struct Land {
    flow: Flow,
    journal: Counted,
    dice: Dice,
    roads: Vec<Road>,
    now: Timestamp,
    raised: Vec<(DeviceId, AlarmKind, Timestamp, Timestamp)>,
}

impl Land {
    fn take(&mut self, input: &Input<'_>) {
        let mut outcome = Outcome::default();
        self.flow.handle(input, &mut self.journal, &mut outcome);
        for (_, (change, alarm)) in outcome.changes {
            if change == AlarmChange::Raised {
                self.raised.push((alarm.device, alarm.kind, alarm.occurred_at.0, alarm.raised_at.0));
            }
        }
    }

    fn act(&mut self, action: Action) {
        let operated = Operated { at: ReceivedAt(self.now), by: "operator".into(), action };
        self.take(&Input::Operated(&operated));
    }

    fn step(&mut self, movement: MovementId, step: &str, fields: &[(&str, &str)]) {
        let form = Form::of(fields.iter().copied());
        let fields = form.fields().into();
        self.act(Action::Step { movement, step: step.into(), fields });
    }

    fn draw(&mut self) {
        for number in 0..self.roads.len() {
            let road = &self.roads[number];
            let line: Vec<String> =
                road.points.iter().map(|(latitude, longitude)| format!("[{longitude},{latitude}]")).collect();
            let mut features = vec![(
                format!("road-{number}"),
                "route",
                0.0,
                format!(r#"{{"type":"LineString","coordinates":[{}]}}"#, line.join(",")),
            )];
            let mut spot = |name: String, kind, radius_km: f64, along, aside| {
                let (latitude, longitude) = road.at(along, aside);
                let point = format!(r#"{{"type":"Point","coordinates":[{longitude},{latitude}]}}"#);
                features.push((name, kind, radius_km * 1000.0, point));
            };
            for (place, along) in RESTS_KM.into_iter().enumerate() {
                spot(format!("rest-{number}-{place}"), "stop", 1.0, along, 0.0);
            }
            spot(format!("gap-{number}"), "gap", GAP_RADIUS_KM + GAP_MARGIN_KM, GAP_KM, 0.0);
            spot(format!("zone-{number}"), "restricted", ZONE_RADIUS_KM, ZONE_KM, ZONE_ASIDE_KM);
            spot(format!("end-{number}"), "office", 2.0, road.length_km(), 0.0);
            for (id, kind, radius_m, geometry) in features {
                let feature = format!(
                    r#"{{"type":"Feature","id":"{id}","properties":{{"kind":"{kind}","radius_m":{radius_m},"width_m":2000}},"geometry":{geometry}}}"#
                );
                self.act(Action::Draw { place: id.into(), feature: feature.into() });
            }
        }
    }

    fn begin(&mut self, number: u32) -> Trip {
        let device = DeviceId::new(Scheme::Jointech, &format!("81{number:08}")).unwrap();
        let road = usize::try_from(number).unwrap() % self.roads.len();
        let incident = (number < INCIDENTS).then(|| {
            let incident = Incident::ALL[usize::try_from(number / 8 % 4).unwrap()];
            let along = match incident {
                Incident::Zone => ZONE_KM,
                _ => self.dice.between(30.0, 500.0),
            };
            (incident, along)
        });
        let mut trip = Trip {
            road,
            device,
            movement: self.flow.state().movements.next_id(),
            along_km: 0.0,
            aside_km: 0.0,
            speed_kmh: self.dice.between(45.0, 75.0),
            stands_until: 0,
            rests_left: RESTS_KM.to_vec(),
            incident,
            happened_at: None,
            offline_until: 0,
            memory: Vec::new(),
            heard_at: self.now.as_millis() / 1000,
            silent: Vec::new(),
            in_zone: false,
            near_zone: false,
            queued_km: 0.0,
            began_at: self.now.as_millis() / 1000,
            ended_at: None,
        };
        self.report(&mut trip);
        let (lrn, route) = (format!("TRIP-{number}"), format!("road-{road}"));
        let limit = self.now.plus_secs(5 * 86_400).to_string();
        let device = device.to_string();
        let movement = trip.movement;
        let unit = "CSQU3054383";
        self.step(
            movement,
            "declare",
            &[
                ("lrn", &lrn),
                ("policy", "zw"),
                ("holder.name", "H"),
                ("carrier.name", "C"),
                ("route", &route),
                ("departure", "KEMBA"),
                ("destination", "UGKLA"),
                ("goods.1.hs", "1701"),
                ("unit.1.number", unit),
                ("limit", &limit),
                ("guarantee", "G"),
                ("guaranteed", "1 USD"),
            ],
        );
        self.step(movement, "submit", &[]);
        self.step(movement, "accept", &[]);
        self.step(movement, "book", &[("class", "active")]);
        self.step(movement, "arm", &[("unit", unit), ("device", &device)]);
        self.step(movement, "depart", &[]);
        trip
    }

    /// One minute of driving, resting or standing in a queue.
    fn drive(&mut self, trip: &mut Trip) {
        let now = self.now.as_millis() / 1000;
        if now < trip.stands_until {
            return;
        }
        if let Some(rest) = trip.rests_left.first().copied().filter(|rest| trip.along_km >= *rest) {
            trip.rests_left.remove(0);
            trip.along_km = rest;
            // A short break, or the night.
            let minutes = if self.dice.share() < 0.3 { 480.0 } else { self.dice.between(20.0, 60.0) };
            trip.stands_until = now + (minutes * 60.0) as i64;
            return;
        }
        if trip.along_km > trip.queued_km + 2.0 && self.dice.share() < 0.002 {
            trip.queued_km = trip.along_km;
            // A queue, a police stop, a flat tyre: shorter than what is an alarm.
            trip.stands_until = now + (self.dice.between(5.0, 45.0) * 60.0) as i64;
            return;
        }
        let km = trip.speed_kmh / 60.0;
        if let Some((incident, along)) = trip.incident
            && trip.along_km >= along
        {
            match incident {
                Incident::Cut | Incident::Opened => {
                    trip.happened_at = trip.happened_at.or(Some(now));
                    trip.along_km += km;
                }
                Incident::Zone | Incident::Left => {
                    // Away from the road, and back after a while.
                    let away = now - *trip.happened_at.get_or_insert(now) < 45 * 60;
                    trip.aside_km =
                        if away { (trip.aside_km + km).min(ZONE_ASIDE_KM) } else { trip.aside_km - km };
                    if trip.aside_km <= 0.0 {
                        (trip.aside_km, trip.incident) = (0.0, None);
                    }
                }
            }
        } else {
            trip.along_km += km;
        }
        let length = self.roads[trip.road].length_km();
        trip.along_km = trip.along_km.min(length);
        if trip.along_km >= length {
            trip.ended_at = Some(now);
        }
    }

    /// What the device reports now, with the errors of its receiver, by the network or into its memory.
    fn report(&mut self, trip: &mut Trip) {
        let now = self.now.as_millis() / 1000;
        let (latitude, longitude) = self.roads[trip.road].at(trip.along_km, trip.aside_km);
        let wild = self.dice.share() < 0.004;
        let sigma_km = if wild { 0.15 } else { 0.008 };
        let (north, east) = (self.dice.gauss(sigma_km) / KM_DEGREE, self.dice.gauss(sigma_km) / KM_DEGREE);
        let e7 = |degrees: f64| (degrees * 1e7) as i64;
        let mut event = Event::new(EventKind::Position);
        event.occurred_at = Some(OccurredAt(self.now));
        let fix = if self.dice.share() < 0.002 { Fix::Stale } else { Fix::Gnss };
        event.position = Some(Position::new(
            LatitudeE7::new(e7(latitude + north)).unwrap(),
            LongitudeE7::new(e7(longitude + east)).unwrap(),
            fix,
        ));
        let is = |incident| {
            trip.happened_at.is_some() && trip.incident.is_some_and(|(known, _)| known == incident)
        };
        let (cut, opened) = (is(Incident::Cut), is(Incident::Opened));
        event.seal = event
            .seal
            .with(SealPart::RopeIntact, !cut)
            .with(SealPart::RopeInserted, !opened)
            .with(SealPart::MotorLocked, true);
        event.readings.push(Reading::Battery(Percent::new(80).unwrap()));
        let zone = self.roads[trip.road].at(ZONE_KM, ZONE_ASIDE_KM);
        let east = (zone.1 - longitude) * latitude.to_radians().cos();
        let zone_km = f64::hypot(zone.0 - latitude, east) * KM_DEGREE;
        trip.in_zone |= zone_km < ZONE_RADIUS_KM - 0.5 && fix == Fix::Gnss;
        trip.near_zone |= zone_km < ZONE_RADIUS_KM + 0.5;
        let in_gap = (trip.along_km - GAP_KM).abs() < GAP_RADIUS_KM;
        if !in_gap && now >= trip.offline_until && self.dice.share() < 0.003 {
            // A cell that is lost for some minutes.
            trip.offline_until = now + (self.dice.between(1.0, 9.0) * 60.0) as i64;
        }
        if in_gap || now < trip.offline_until {
            event.delivery = Delivery::Buffered;
            trip.memory.push(event);
            return;
        }
        if now - trip.heard_at > 2 * PERIOD_S && (trip.along_km - GAP_KM).abs() > GAP_RADIUS_KM + 10.0 {
            trip.silent.push((trip.heard_at, now));
        }
        trip.heard_at = now;
        for kept in std::mem::take(&mut trip.memory) {
            self.hear(trip.device, &kept);
        }
        self.hear(trip.device, &event);
    }

    fn hear(&mut self, device: DeviceId, event: &Event) {
        let mut decoded = Decoded::default();
        decoded.event(event.clone());
        decoded.report(Some(device), b"frame");
        let at = ReceivedAt(self.now);
        let (connection, protocol) = (ConnectionId(7), Protocol::Jointech);
        self.take(&Input::Received { connection, protocol, at, decoded: &decoded });
    }

    fn end(&mut self, trip: &Trip) {
        let device = trip.device.to_string();
        self.step(trip.movement, "arrive", &[]);
        self.step(trip.movement, "differ", &[("text", "as in the report")]);
        self.step(trip.movement, "remove", &[("seal", &device)]);
        let (standing, reason) = (Standing::Suspended, "charging".into());
        self.act(Action::SetStanding { device: trip.device, standing, reason });
    }
}

#[test]
fn incidents_are_found_and_little_rings_in_vain() {
    let now = Timestamp::from_utc(2026, 3, 1, 0, 0, 0).unwrap();
    let mut dice = Dice(2026);
    let roads: Vec<Road> = (0..8).map(|number| Road::new(&mut dice, number)).collect();
    let flow = Flow::new(RuleSettings::default());
    let mut land = Land { flow, journal: Counted(0), dice, roads, now, raised: Vec::new() };
    let opened = Opened {
        connection: ConnectionId(7),
        protocol: Some(Protocol::Jointech),
        transport: Transport::Tcp,
        peer: "127.0.0.1:1".into(),
        at: ReceivedAt(now),
    };
    land.take(&Input::Opened(&opened));
    land.draw();
    let (mut trips, mut begun): (Vec<Trip>, u32) = (Vec::new(), 0);
    // One leaves every twenty seconds.
    let mut seconds: i64 = 0;
    while begun < TRIPS || trips.iter().any(|trip| trip.ended_at.is_none()) {
        if begun < TRIPS && seconds % 20 == 0 {
            let trip = land.begin(begun);
            trips.push(trip);
            begun += 1;
        }
        for trip in trips.iter_mut().filter(|trip| trip.ended_at.is_none()) {
            let age_s = land.now.as_millis() / 1000 - trip.began_at;
            if age_s > 0 && age_s % 60 == 0 {
                land.drive(trip);
            }
            if age_s > 0 && age_s % PERIOD_S == 0 {
                land.report(trip);
            }
            if trip.ended_at.is_some() {
                land.report(trip);
                land.end(trip);
            }
        }
        seconds += 1;
        land.now = land.now.plus_secs(1);
        land.take(&Input::Clock(ReceivedAt(land.now)));
    }

    let days: f64 = trips.iter().map(|trip| (trip.ended_at.unwrap() - trip.began_at) as f64 / 86_400.0).sum();
    let incident_of = |number: usize| Incident::ALL[number / 8 % 4];
    let mut explained: BTreeSet<(DeviceId, AlarmKind)> = BTreeSet::new();
    let mut found: BTreeMap<&str, (u32, u32, f64)> = BTreeMap::new();
    for (number, trip) in trips.iter().take(INCIDENTS as usize).enumerate() {
        let incident = incident_of(number);
        let Some(happened_at) = trip.happened_at else { panic!("trip {number} ended before its incident") };
        let alarm =
            land.raised.iter().find(|(device, kind, ..)| *device == trip.device && *kind == incident.kind());
        if matches!(incident, Incident::Zone | Incident::Left) {
            explained.insert((trip.device, AlarmKind::RouteDeviation));
        }
        if trip.near_zone {
            explained.insert((trip.device, AlarmKind::RestrictedZone));
        }
        if incident == Incident::Zone && !trip.in_zone {
            // It turned round, or was there between two reports.
            continue;
        }
        explained.insert((trip.device, incident.kind()));
        let row = found.entry(incident.kind().name()).or_default();
        row.0 += 1;
        if let Some((_, _, occurred_at, _)) = alarm {
            row.1 += 1;
            // From leaving the corridor: it takes the truck a while to get so far.
            let left_s = match incident {
                Incident::Left => (LEFT_KM / trip.speed_kmh * 3600.0) as i64,
                _ => 0,
            };
            let periods = (occurred_at.as_millis() / 1000 - happened_at - left_s) as f64 / PERIOD_S as f64;
            row.2 = row.2.max(periods);
        }
    }
    let mut vain: BTreeMap<&str, u32> = BTreeMap::new();
    let mut silences = 0;
    for (device, kind, _, raised_at) in &land.raised {
        let raised_s = raised_at.as_millis() / 1000;
        let trip = trips.iter().find(|trip| trip.device == *device).unwrap();
        let silent = trip.silent.iter().any(|(from, to)| (*from..=*to).contains(&raised_s));
        if *kind == AlarmKind::SignalLoss && silent {
            silences += 1;
        } else if !explained.contains(&(*device, *kind)) {
            *vain.entry(kind.name()).or_default() += 1;
        }
    }
    // That a report came late is what it says, and asks for nobody.
    let late = vain.remove(AlarmKind::LateUpload.name()).unwrap_or_default();
    let in_vain: u32 = vain.values().sum();
    println!("{} trips, {days:.0} trip-days, {} journal entries", trips.len(), land.journal.0);
    for (kind, (injected, detected, periods)) in &found {
        println!("{kind}: {detected} of {injected} found, the slowest after {periods:.1} reporting periods");
    }
    println!(
        "in vain: {in_vain} {vain:?}, {:.2} in 100 trip-days; late uploads told: {late}, silences of two periods where no gap is mapped: {silences}",
        f64::from(in_vain) * 100.0 / days
    );
    for (kind, (injected, detected, periods)) in found {
        assert_eq!(detected, injected, "{kind}");
        if kind == AlarmKind::RouteDeviation.name() {
            assert!(periods <= 2.0, "{kind}: {periods}");
        }
    }
    assert!(f64::from(in_vain) < days / 100.0, "{in_vain} in vain in {days:.0} trip-days: {vain:?}");
}
