//! The platform as a reader's host: set up, read, refused, silent, and taken up again, against a reader that is written
//! down here message by message.

use plomb_model::{
    Delivery, DeviceId, EventKind, Fix, LatitudeE7, LongitudeE7, Reading, ReceivedAt, Scheme, SealPart,
    Signal, Timestamp,
};
use plomb_passive::llrp::element::{Element, Message, Value};
use plomb_passive::llrp::gate::{Antenna, Custom, Direction, Gate};
use plomb_passive::llrp::{self, host};
use plomb_session::{Decoded, Session, SessionConfig};
use proptest::collection::vec;
use proptest::prelude::*;

fn n(number: u64) -> Value {
    Value::Number(number)
}

fn at(millis: i64) -> ReceivedAt {
    ReceivedAt(Timestamp::from_millis(1_790_000_000_000 + millis))
}

fn gate() -> Gate {
    let mut gate = Gate::new(DeviceId::new(Scheme::Reader, "north-1").unwrap());
    gate.checkpoint = "Malaba, Kenya".into();
    gate.place = Some((LatitudeE7::new(6_400_000).unwrap(), LongitudeE7::new(342_600_000).unwrap()));
    gate.direction = Some(Direction::Out);
    gate.read_tamper = true;
    gate.antennas = vec![
        Antenna { number: 1, name: "1, west".into(), direction: Some(Direction::In), power_cdbm: Some(2650) },
        Antenna { number: 2, name: "".into(), direction: None, power_cdbm: None },
    ];
    gate
}

/// A conversation with a host, and what it asked.
struct Talk {
    session: Box<dyn Session>,
    now: i64,
    asked: Vec<Message>,
    out: Decoded,
}

impl Talk {
    fn new(gate: &Gate) -> Self {
        let mut talk = Self {
            session: llrp::session(SessionConfig::default()),
            now: 0,
            asked: Vec::new(),
            out: Decoded::default(),
        };
        let mut first = Vec::new();
        gate.write(&mut first);
        talk.hear(&first);
        assert_eq!(talk.out.reports().next().unwrap().device, Some(gate.reader));
        talk
    }

    fn hear(&mut self, bytes: &[u8]) {
        self.out = Decoded::default();
        self.session.receive(at(self.now), bytes, &mut self.out);
        self.keep_asked();
    }

    fn tick(&mut self, now: i64) {
        self.now = now;
        self.out = Decoded::default();
        self.session.tick(at(now), &mut self.out);
        self.keep_asked();
    }

    fn keep_asked(&mut self) {
        let mut rest = self.out.all_replies();
        while !rest.is_empty() {
            let length = usize::try_from(u32::from_be_bytes(rest[2..6].try_into().unwrap())).unwrap();
            self.asked.push(Message::read(&rest[..length]).unwrap());
            rest = &rest[length..];
        }
    }

    fn say(&mut self, version: u8, id: u32, name: &str, values: Vec<Value>, parts: Vec<Element>) {
        let body = Element::message(name, values, parts);
        self.hear(&Message { version, id, body }.encode().unwrap());
    }

    fn greet(&mut self, code: u64) {
        let parts = vec![
            Element::parameter("UTCTimestamp", vec![n(1_790_000_000_000_000)], vec![]),
            Element::parameter("ConnectionAttemptEvent", vec![n(code)], vec![]),
        ];
        let data = Element::parameter("ReaderEventNotificationData", vec![], parts);
        self.say(1, 0, "READER_EVENT_NOTIFICATION", vec![], vec![data]);
    }

    /// The last request, by name and number.
    fn last(&self) -> (&'static str, u32, u8) {
        let last = self.asked.last().unwrap();
        (last.body.message_name(), last.id, last.version)
    }

    fn issues(&self) -> Vec<String> {
        self.out.reports().flat_map(|report| report.issues).map(ToString::to_string).collect()
    }

    /// Answers whatever is asked until the host asks nothing more; what is named so is refused.
    fn set_up(&mut self, knows_1_1: bool, refused: &[&str]) -> Vec<String> {
        self.greet(0);
        let mut issues = Vec::new();
        let mut answered = 0;
        while let Some(asked) = self.asked.last().cloned().filter(|asked| asked.id != answered) {
            answered = asked.id;
            let name = asked.body.message_name();
            let old = !knows_1_1 && matches!(name, "GET_SUPPORTED_VERSION" | "SET_PROTOCOL_VERSION");
            let code = if old { 110 } else { u64::from(refused.contains(&name)) * 101 };
            let status = Element::parameter("LLRPStatus", vec![n(code), Value::Bytes(vec![])], vec![]);
            if old {
                self.say(1, answered, "ERROR_MESSAGE", vec![], vec![status]);
                continue;
            }
            let (values, mut parts) = match name {
                "GET_SUPPORTED_VERSION" => (vec![n(1), n(2)], vec![]),
                "GET_READER_CAPABILITIES" => (vec![], capabilities()),
                "CUSTOM_MESSAGE" => {
                    let values = vec![n(25_882), n(22), Value::Bytes(vec![1, 31, 0, 8, 0, 0, 0, 0])];
                    self.say(asked.version, answered, name, values, vec![]);
                    continue;
                }
                _ => (vec![], vec![]),
            };
            parts.insert(0, status);
            let answer = format!("{name}_RESPONSE");
            self.say(asked.version, answered, &answer, values, parts);
            issues.extend(self.issues());
            if self.out.closing().is_some() {
                break;
            }
        }
        issues
    }

    fn names(&self) -> Vec<&'static str> {
        self.asked.iter().map(|asked| asked.body.message_name()).collect()
    }
}

/// A reader with powers from 10 to 30 dBm, that hops, holds reports and does three reads of a tag.
fn capabilities() -> Vec<Element> {
    let text = Value::Bytes(b"7.6.1".to_vec());
    let general = vec![n(4), n(0), n(25_882), n(2_001_002), text];
    let limits = vec![n(0x08), n(1), n(0), n(4), n(4), n(4), n(8), n(3)];
    let power = |index: u64| {
        Element::parameter("TransmitPowerLevelTableEntry", vec![n(index), n(900 + index * 100)], vec![])
    };
    let table =
        Element::parameter("FrequencyHopTable", vec![n(1), n(0), Value::Numbers(vec![902_750])], vec![]);
    let mut band: Vec<Element> = (1..=21).map(power).collect();
    band.push(Element::parameter("FrequencyInformation", vec![n(0x80)], vec![table]));
    let band = Element::parameter("UHFBandCapabilities", vec![], band);
    vec![
        Element::parameter("GeneralDeviceCapabilities", general, vec![]),
        Element::parameter("LLRPCapabilities", limits, vec![]),
        Element::parameter("RegulatoryCapabilities", vec![n(840), n(1)], vec![band]),
    ]
}

/// A tag that was read, with the results of its reads.
fn tag(antenna: u64, results: &[(u64, u64, &[u32])]) -> Element {
    let mut parts = vec![
        Element::parameter("EPC-96", vec![Value::Bytes(vec![0x34; 12])], vec![]),
        Element::parameter("AntennaID", vec![n(antenna)], vec![]),
        Element::parameter("LastSeenTimestampUTC", vec![n(1_790_000_001_000_000)], vec![]),
    ];
    parts.extend(results.iter().map(|(id, result, words)| {
        let values = vec![n(*result), n(*id), Value::Numbers(words.to_vec())];
        Element::parameter("C1G2ReadOpSpecResult", values, vec![])
    }));
    Element::parameter("TagReportData", vec![], parts)
}

const SET_UP: [&str; 14] = [
    "GET_SUPPORTED_VERSION",
    "SET_PROTOCOL_VERSION",
    "GET_READER_CAPABILITIES",
    "GET_READER_CONFIG",
    "SET_READER_CONFIG",
    "SET_READER_CONFIG",
    "ENABLE_EVENTS_AND_REPORTS",
    "GET_REPORT",
    "DELETE_ACCESSSPEC",
    "DELETE_ROSPEC",
    "ADD_ACCESSSPEC",
    "ENABLE_ACCESSSPEC",
    "ADD_ROSPEC",
    "ENABLE_ROSPEC",
];

#[test]
fn a_reader_is_set_up_step_by_step() {
    let mut talk = Talk::new(&gate());
    assert!(talk.asked.is_empty(), "the reader speaks first");
    let issues = talk.set_up(true, &[]);
    assert_eq!(issues, [] as [String; 0]);
    assert_eq!(talk.names()[..14], SET_UP);
    assert_eq!(talk.names()[14..], ["START_ROSPEC"]);
    let versions: Vec<u8> = talk.asked.iter().map(|asked| asked.version).collect();
    assert!(versions.iter().all(|version| *version == 2), "{versions:?}");
    // A step waits for the answer to the one before, and numbers rise.
    assert!(talk.asked.windows(2).all(|pair| pair[0].id < pair[1].id));
}

#[test]
fn an_older_reader_is_spoken_to_in_its_own_version() {
    let mut talk = Talk::new(&gate());
    let issues = talk.set_up(false, &["DELETE_ROSPEC", "START_ROSPEC"]);
    assert_eq!(issues, [] as [String; 0], "what it may refuse is no fault");
    assert!(talk.asked[1..].iter().all(|asked| asked.version == 1));
    assert!(!talk.names().contains(&"SET_PROTOCOL_VERSION"));

    // One that does not even answer the question.
    let mut talk = Talk::new(&gate());
    talk.greet(0);
    assert_eq!(talk.last().0, "GET_SUPPORTED_VERSION");
    assert_eq!(talk.session.deadline(), Some(at(host::ANSWER_MS_MAX)));
    talk.tick(host::ANSWER_MS_MAX);
    assert_eq!(talk.last(), ("GET_READER_CAPABILITIES", 2, 1));
    assert_eq!(talk.out.closing(), None);

    let mut quiet = gate();
    quiet.negotiate = false;
    let mut talk = Talk::new(&quiet);
    talk.greet(0);
    assert_eq!(talk.last(), ("GET_READER_CAPABILITIES", 1, 1));
}

/// Every parameter of this name below an element.
fn find<'a>(element: &'a Element, name: &str, found: &mut Vec<&'a Element>) {
    let number = Element::parameter(name, vec![], vec![]).number;
    for part in &element.parts {
        if part.number == number {
            found.push(part);
        }
        find(part, name, found);
    }
}

fn all<'a>(talk: &'a Talk, message: &str, name: &str) -> Vec<&'a Element> {
    let mut found = Vec::new();
    let asked = talk.asked.iter().filter(|asked| asked.body.message_name() == message);
    asked.for_each(|asked| find(&asked.body, name, &mut found));
    found
}

#[test]
fn the_specs_ask_for_what_the_gate_is_configured_for() {
    let mut gate = gate();
    gate.user_words = 4;
    gate.keepalive_ms = 5000;
    gate.session = 2;
    gate.custom = vec![Custom { vendor: 25_882, subtype: 21, data: [0; 4].into() }];
    let mut talk = Talk::new(&gate);
    talk.set_up(true, &[]);
    let custom = talk.asked.iter().find(|asked| asked.body.message_name() == "CUSTOM_MESSAGE").unwrap();
    assert_eq!(custom.body.values, [n(25_882), n(21), Value::Bytes(vec![0; 4])]);
    assert_eq!(all(&talk, "SET_READER_CONFIG", "KeepaliveSpec")[0].values, [n(1), n(5000)]);
    let reads: Vec<&[Value]> =
        all(&talk, "ADD_ACCESSSPEC", "C1G2Read").into_iter().map(|read| &read.values[2..]).collect();
    // TID, tamper bit at 200h of the EPC bank, USER.
    assert_eq!(reads, [[n(0x80), n(0), n(6)], [n(0x40), n(0x20), n(1)], [n(0xC0), n(0), n(4)]]);
    assert_eq!(all(&talk, "ADD_ROSPEC", "AISpec")[0].values, [Value::Numbers(vec![1, 2])]);
    // 26 dBm is the greatest power of the table that is not above 26.5; antenna 2 keeps the reader's.
    let powers: Vec<&[Value]> =
        all(&talk, "ADD_ROSPEC", "RFTransmitter").into_iter().map(|power| power.values.as_slice()).collect();
    assert_eq!(powers, [[n(1), n(0), n(17)]]);
    let sessions = all(&talk, "ADD_ROSPEC", "C1G2SingulationControl");
    assert!(sessions.len() == 2 && sessions.iter().all(|control| control.values[0] == n(2 << 6)));
    let events = all(&talk, "SET_READER_CONFIG", "EventNotificationState");
    assert!(events.iter().any(|event| event.values == [n(8), n(0x80)]), "antennas that come and go");
}

#[test]
fn a_tag_at_the_gate_is_told_with_its_place_lane_direction_and_tamper_bit() {
    let mut talk = Talk::new(&gate());
    talk.set_up(true, &[]);
    let (tid, tamper) = (u64::from(host::ask::TID_READ), u64::from(host::ask::TAMPER_READ));
    let words = [0xE280, 0x1160, 0x2000, 0x1234, 0x5678, 0x9ABC];
    let tags = vec![
        tag(1, &[(tid, 0, &words), (tamper, 0, &[0xC040])]),
        tag(2, &[(tid, 0, &words), (tamper, 0, &[0x4040])]),
        tag(3, &[(tid, 2, &[])]),
    ];
    talk.say(2, 0, "RO_ACCESS_REPORT", vec![], tags);
    let report = talk.out.reports().next().unwrap();
    assert_eq!((report.device, report.issues), (Some(gate().reader), &[][..]));
    let [broken, whole, unread] = report.events else { panic!("{:?}", report.events) };
    assert_eq!(broken.peripheral.unwrap().to_string(), format!("epc:{}", "34".repeat(12)));
    let place = broken.position.unwrap();
    assert_eq!((place.latitude.e7(), place.longitude.e7(), place.fix), (6_400_000, 342_600_000, Fix::Reader));
    let alias = Reading::Alias("tag:E28011602000123456789ABC".parse().unwrap());
    let word = Reading::Bytes { name: "tamper word".into(), value: [0xC0, 0x40].into() };
    let texts =
        ["checkpoint Malaba, Kenya", "lane 1, west", "direction in"].map(|text| Reading::Text(text.into()));
    let all: Vec<Reading> = [Reading::Antenna(1), alias, word].into_iter().chain(texts).collect();
    assert_eq!(broken.readings, all);
    assert_eq!(broken.seal.part(SealPart::RopeIntact), Some(false));
    assert!(broken.signals.contains(Signal::RopeCut) && broken.delivery == Delivery::Live);
    assert_eq!(whole.seal.part(SealPart::RopeIntact), Some(true));
    // Antenna 2 has no name and no direction of its own.
    assert_eq!(whole.readings.last(), Some(&Reading::Text("direction out".into())));
    assert!(unread.readings.contains(&Reading::Code { name: "TID not read".into(), value: 2 }));
    assert_eq!(unread.seal.part(SealPart::RopeIntact), None, "not said is not whole");
}

#[test]
fn a_flood_in_one_report_is_bounded_and_told() {
    let mut talk = Talk::new(&gate());
    talk.set_up(true, &[]);
    let small = Element::parameter("EPC-96", vec![Value::Bytes(vec![0x34; 12])], vec![]);
    let tags = vec![Element::parameter("TagReportData", vec![], vec![small]); 10_000];
    talk.say(2, 0, "RO_ACCESS_REPORT", vec![], tags);
    let report = talk.out.reports().next().unwrap();
    assert_eq!(report.events.len(), 4096);
    assert!(report.issues[0].to_string().contains("10000"));
    assert_eq!(report.frame.len(), 10 + 10_000 * 17);
}

#[test]
fn what_a_reader_kept_while_we_were_away_is_told_as_kept() {
    let mut talk = Talk::new(&gate());
    talk.greet(0);
    let words = [0xE280, 0x1160, 0x2000, 0x1234, 0x5678, 0x9ABC];
    talk.say(1, 0, "RO_ACCESS_REPORT", vec![], vec![tag(1, &[(u64::from(host::ask::TID_READ), 0, &words)])]);
    let event = talk.out.reports().next().unwrap().events[0].clone();
    assert_eq!(event.delivery, Delivery::Buffered);
    assert!(event.readings.iter().any(|reading| matches!(reading, Reading::Alias(_))));
}

#[test]
fn a_reader_without_keepalives_is_silent() {
    let mut talk = Talk::new(&gate());
    talk.set_up(true, &[]);
    let due = 3 * i64::from(gate().keepalive_ms);
    assert_eq!(talk.session.deadline(), Some(at(due)));
    talk.now = due - 1;
    talk.say(2, 77, "KEEPALIVE", vec![], vec![]);
    assert_eq!(talk.last(), ("KEEPALIVE_ACK", 77, 2));
    let report = talk.out.reports().next().unwrap();
    assert_eq!((report.device, report.events[0].kind), (Some(gate().reader), EventKind::Heartbeat));
    talk.tick(due);
    assert!(talk.out.is_empty() && talk.out.closing().is_none());
    talk.tick(2 * due - 1);
    assert_eq!(talk.out.closing(), Some("the reader is silent"));
    assert!(talk.issues()[0].contains("no KEEPALIVE"), "{:?}", talk.issues());

    let mut talk = Talk::new(&gate());
    talk.tick(host::ANSWER_MS_MAX);
    assert!(talk.issues()[0].contains("no READER_EVENT_NOTIFICATION"));
}

#[test]
fn refusals_are_named_by_code_parameter_and_field() {
    let mut talk = Talk::new(&gate());
    talk.set_up(true, &["ADD_ROSPEC"]);
    assert_eq!(talk.out.closing(), Some("the reader refuses what it must do"));

    let mut talk = Talk::new(&gate());
    let issues = talk.set_up(true, &["ADD_ACCESSSPEC"]);
    assert!(
        issues[0].contains("refuses ADD_ACCESSSPEC") && issues[0].contains("M_FieldError (101)"),
        "{issues:?}"
    );
    assert_eq!(talk.last().0, "START_ROSPEC", "the inventory goes on without it");

    let mut talk = Talk::new(&gate());
    talk.greet(0);
    talk.set_up_until("ADD_ROSPEC");
    let field = Element::parameter("FieldError", vec![n(2), n(301)], vec![]);
    let inner = Element::parameter("ParameterError", vec![n(224), n(201)], vec![field]);
    let outer = Element::parameter("ParameterError", vec![n(177), n(200)], vec![inner]);
    let status =
        Element::parameter("LLRPStatus", vec![n(100), Value::Bytes(b"bad power".to_vec())], vec![outer]);
    let id = talk.last().1;
    talk.say(2, id, "ADD_ROSPEC_RESPONSE", vec![], vec![status]);
    let said = &talk.issues()[0];
    for part in [
        "ADD_ROSPEC",
        "M_ParameterError (100)",
        "bad power",
        "ROSpec",
        "RFTransmitter",
        "field 2",
        "A_OutOfRange",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

impl Talk {
    /// Grants everything until this is asked.
    fn set_up_until(&mut self, name: &str) {
        while self.last().0 != name {
            let asked = self.asked.last().unwrap().clone();
            let mut parts = vec![Element::parameter("LLRPStatus", vec![n(0), Value::Bytes(vec![])], vec![])];
            let values =
                if asked.body.message_name() == "GET_SUPPORTED_VERSION" { vec![n(1), n(2)] } else { vec![] };
            if asked.body.message_name() == "GET_READER_CAPABILITIES" {
                parts.extend(capabilities());
            }
            let answer = format!("{}_RESPONSE", asked.body.message_name());
            self.say(asked.version, asked.id, &answer, values, parts);
        }
    }
}

#[test]
fn a_reader_that_is_taken_refuses_us() {
    let mut talk = Talk::new(&gate());
    talk.greet(2);
    assert!(talk.out.closing().is_some() && talk.asked.is_empty());
    assert!(talk.issues()[0].contains("another host is connected"));
}

#[test]
fn what_the_reader_says_of_itself_is_told() {
    let mut talk = Talk::new(&gate());
    talk.set_up(true, &[]);
    let notify = |talk: &mut Talk, name: &str, values: Vec<Value>| {
        let data = Element::parameter(
            "ReaderEventNotificationData",
            vec![],
            vec![Element::parameter(name, values, vec![])],
        );
        talk.say(2, 0, "READER_EVENT_NOTIFICATION", vec![], vec![data]);
        talk.out.reports().next().unwrap().events.first().cloned()
    };
    let event = notify(&mut talk, "AntennaEvent", vec![n(0), n(2)]).unwrap();
    assert_eq!(event.readings, [Reading::Antenna(2), Reading::Text("antenna disconnected".into())]);
    assert!(event.signals.contains(Signal::DeviceFault));
    let event = notify(&mut talk, "GPIEvent", vec![n(3), n(0x80)]).unwrap();
    assert_eq!(event.readings, [Reading::Input { number: 3, on: true }]);
    let event = notify(&mut talk, "ReaderExceptionEvent", vec![Value::Bytes(b"too hot".to_vec())]).unwrap();
    assert_eq!(event.readings, [Reading::Text("too hot".into())]);
    assert!(notify(&mut talk, "HoppingEvent", vec![n(1), n(2)]).is_none());
    notify(&mut talk, "ReportBufferOverflowErrorEvent", vec![]).unwrap();
    assert!(talk.issues()[0].contains("lost reports"));
    let event = notify(&mut talk, "ConnectionAttemptEvent", vec![n(4)]).unwrap();
    assert_eq!(event.readings, [Reading::Text("another host tries to connect".into())]);
    notify(&mut talk, "ConnectionCloseEvent", vec![]);
    assert_eq!(talk.out.closing(), Some("the reader closed the connection"));

    let mut talk = Talk::new(&gate());
    talk.say(1, 9, "CUSTOM_MESSAGE", vec![n(161), n(7), Value::Bytes(vec![1, 2, 3])], vec![]);
    let event = talk.out.reports().next().unwrap().events[0].clone();
    let data = Reading::Bytes { name: "custom message".into(), value: [1, 2, 3].into() };
    assert_eq!(event.readings, [Reading::Text("message of vendor 161 subtype 7".into()), data]);
}

#[test]
fn only_the_first_frame_makes_a_gate() {
    let mut first = Vec::new();
    gate().write(&mut first);
    let keepalive = Message { version: 1, id: 1, body: Element::message("KEEPALIVE", vec![], vec![]) };
    let mut session = llrp::session(SessionConfig::default());
    let mut out = Decoded::default();
    session.receive(at(0), &keepalive.encode().unwrap(), &mut out);
    session.receive(at(0), &first, &mut out);
    session.finish(at(0), &mut out);
    assert!(out.reports().all(|report| report.device.is_none()));
    let issues: usize = out.reports().map(|report| report.issues.len()).sum();
    assert!(issues > 0 && out.frame_bytes() == 10 + first.len());

    let description = llrp::describe(&first);
    let field = description.fields.iter().find(|field| field.name == "checkpoint").unwrap();
    assert_eq!(field.value, "Malaba, Kenya");
    assert!(first[field.offset..].starts_with(b"checkpoint="));
}

#[test]
fn the_first_frame_is_read_however_it_is_cut_and_a_wrong_one_is_told() {
    let mut first = Vec::new();
    gate().write(&mut first);
    for cut in 0..first.len() {
        let mut session = llrp::session(SessionConfig::default());
        let mut out = Decoded::default();
        session.receive(at(0), &first[..cut], &mut out);
        session.receive(at(0), &first[cut..], &mut out);
        assert_eq!((out.len(), out.frame_bytes()), (1, first.len()), "{cut}");
        assert_eq!(out.reports().next().unwrap().device, Some(gate().reader));
        let mut session = llrp::session(SessionConfig::default());
        let mut out = Decoded::default();
        session.receive(at(0), &first[..cut], &mut out);
        session.finish(at(0), &mut out);
        assert_eq!(out.frame_bytes(), cut);
    }
    for wrong in
        ["CONNECT /llrp?reader=a%20b HTTP/1.1\r\n\r\n", "CONNECT /llrp?reader=a&tea=1 HTTP/1.1\r\n\r\n"]
    {
        let mut session = llrp::session(SessionConfig::default());
        let mut out = Decoded::default();
        session.receive(at(0), wrong.as_bytes(), &mut out);
        assert_eq!(out.reports().next().unwrap().issues.len(), 1, "{wrong}");
    }
}

fn direction() -> impl Strategy<Value = Option<Direction>> {
    prop_oneof![Just(None), Just(Some(Direction::In)), Just(Some(Direction::Out))]
}

prop_compose! {
    fn any_gate()(
        checkpoint in ".{0,20}",
        place in proptest::option::of((-900_000_000_i64..=900_000_000, -1_800_000_000_i64..=1_800_000_000)),
        direction in direction(),
        antennas in vec((any::<u16>(), ".{0,12}", direction(), any::<Option<i16>>()), 0..6),
        reads in any::<(bool, bool, u16, bool)>(),
        times in any::<(u32, u32)>(),
        session in 0_u8..4,
        custom in vec((any::<u32>(), any::<u8>(), vec(any::<u8>(), 0..20)), 0..3),
    ) -> Gate {
        let mut gate = Gate::new(DeviceId::new(Scheme::Reader, "a-1._b").unwrap());
        gate.checkpoint = checkpoint.into();
        gate.place = place.map(|(a, b)| (LatitudeE7::new(a).unwrap(), LongitudeE7::new(b).unwrap()));
        gate.direction = direction;
        gate.antennas = antennas
            .into_iter()
            .map(|(number, name, direction, power_cdbm)| Antenna { number, name: name.into(), direction, power_cdbm })
            .collect();
        (gate.read_tid, gate.read_tamper, gate.user_words, gate.negotiate) = reads;
        (gate.keepalive_ms, gate.report_ms) = times;
        gate.session = session;
        gate.custom = custom
            .into_iter()
            .map(|(vendor, subtype, data)| Custom { vendor, subtype, data: data.into() })
            .collect();
        gate
    }
}

proptest! {
    #[test]
    fn a_gate_is_read_as_it_was_written(gate in any_gate()) {
        let mut frame = Vec::new();
        gate.write(&mut frame);
        prop_assert_eq!(Gate::read(&frame), Ok(gate));
    }

    /// Whatever a reader sends, in whatever order, every byte is in one report and nothing panics.
    #[test]
    fn a_hostile_reader_is_survived(
        bodies in vec((any::<proptest::sample::Index>(), any::<u8>(), 0_u32..16, any::<bool>()), 1..30),
        noise in vec(any::<u8>(), 0..40),
    ) {
        let frames = crate::llrp::frames();
        let mut session = llrp::session(SessionConfig::default());
        let mut out = Decoded::default();
        let mut sent = Vec::new();
        gate().write(&mut sent);
        session.receive(at(0), &sent, &mut out);
        for (index, flip, id, damaged) in bodies {
            let mut frame = frames[index.index(frames.len())].1.clone();
            frame[6..10].copy_from_slice(&id.to_be_bytes());
            if damaged {
                let place = usize::from(flip) % frame.len();
                frame[place] ^= 1 << (flip % 8);
            }
            session.receive(at(1), &frame, &mut out);
            sent.extend_from_slice(&frame);
        }
        session.receive(at(2), &noise, &mut out);
        session.tick(at(100_000), &mut out);
        session.finish(at(100_000), &mut out);
        prop_assert_eq!(out.frame_bytes(), sent.len() + noise.len());
    }
}
