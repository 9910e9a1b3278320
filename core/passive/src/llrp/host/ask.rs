//! The messages a host sends, from the gate's configuration: sections 9 to 13 of the standard.

use super::super::element::{Element, Value};
use super::super::gate::{Antenna, Gate};
use super::super::normalise::Asked;
use super::capabilities::Capabilities;

/// Number of our ROSpec and of our AccessSpec: "PLMB".
pub const SPEC_ID: u32 = 0x504C_4D42;
/// Numbers of our reads. They are always these, so that reports which a reader kept from an earlier conversation, and
/// no other host's, mean what we asked.
pub const TID_READ: u16 = 0x5001;
/// Read of the tamper bit.
pub const TAMPER_READ: u16 = 0x5002;
/// Read of USER memory.
pub const USER_READ: u16 = 0x5003;

/// Word of the EPC bank whose first bit is the tamper bit of UCODE G2iL+ and G2iM+ (bit address 200h).
pub(in super::super) const TAMPER_WORD: u16 = 0x20;
/// Words of a TID that name the chip and its serial number: 96 bits.
const TID_WORDS: u16 = 6;
/// Tags that a reader should expect at once.
const TAG_POPULATION: u16 = 32;
/// Antenna, strength, first and last time, count (TagReportContentSelector, from the highest bit: ROSpec, spec,
/// inventory, antenna, channel, strength, first, last, count, access).
const REPORT_CONTENT: u16 = 0x1780;
/// Events the host is told: inputs, a report memory that fills, exceptions, antennas. The rest would come with every
/// cycle of the inventory.
const EVENTS_WANTED: [u16; 4] = [1, 3, 4, 8];
const EVENTS_UNWANTED: [u16; 5] = [0, 2, 5, 6, 7];

const GEN2: u8 = 1;
/// The highest bit of a byte of flags.
const ON: u8 = 0x80;

fn n(number: impl Into<u64>) -> Value {
    Value::Number(number.into())
}

fn bare(name: &str) -> Element {
    Element::message(name, Vec::new(), Vec::new())
}

/// What a refusal means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// Without it nothing is read: the conversation ends.
    Must,
    /// Something is missing then: an issue says what.
    Should,
    /// The reader may refuse.
    May,
}

/// A message of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ask {
    pub(super) body: Element,
    pub(super) need: Need,
}

const fn must(body: Element) -> Ask {
    Ask { body, need: Need::Must }
}

const fn should(body: Element) -> Ask {
    Ask { body, need: Need::Should }
}

const fn may(body: Element) -> Ask {
    Ask { body, need: Need::May }
}

/// GET_SUPPORTED_VERSION, which readers of LLRP 1.0.1 do not know.
pub(super) fn supported_version() -> Ask {
    may(bare("GET_SUPPORTED_VERSION"))
}

/// SET_PROTOCOL_VERSION.
pub(super) fn protocol_version(version: u8) -> Ask {
    should(Element::message("SET_PROTOCOL_VERSION", vec![n(version)], Vec::new()))
}

/// GET_READER_CAPABILITIES, all of them.
pub(super) fn capabilities() -> Ask {
    must(Element::message("GET_READER_CAPABILITIES", vec![n(0_u8)], Vec::new()))
}

/// All that follows once the capabilities are known.
pub(super) fn plan(gate: &Gate, reader: &Capabilities) -> Vec<Ask> {
    let mut plan = Vec::new();
    for custom in &gate.custom {
        let values = vec![n(custom.vendor), n(custom.subtype), Value::Bytes(custom.data.to_vec())];
        plan.push(should(Element::message("CUSTOM_MESSAGE", values, Vec::new())));
    }
    plan.push(should(Element::message(
        "GET_READER_CONFIG",
        vec![n(0_u8), n(0_u8), n(0_u8), n(0_u8)],
        vec![],
    )));
    plan.push(must(keepalive(gate.keepalive_ms)));
    plan.push(should(events(reader.holds_reports)));
    // What was kept while we were away comes before the specs it was read by are replaced.
    if reader.holds_reports {
        plan.push(may(bare("ENABLE_EVENTS_AND_REPORTS")));
    }
    plan.push(may(bare("GET_REPORT")));
    plan.push(may(by_id("DELETE_ACCESSSPEC", 0)));
    plan.push(may(by_id("DELETE_ROSPEC", 0)));
    let reads = reads(gate, reader);
    if !reads.is_empty() {
        plan.push(should(access_spec(&reads)));
        plan.push(should(by_id("ENABLE_ACCESSSPEC", SPEC_ID)));
    }
    plan.push(must(ro_spec(gate, reader)));
    plan.push(must(by_id("ENABLE_ROSPEC", SPEC_ID)));
    // Its own trigger starts it on most readers; those that start it already may say so.
    plan.push(may(by_id("START_ROSPEC", SPEC_ID)));
    plan
}

/// Every read a host of ours may have asked for.
pub(in super::super) const fn every_read() -> [Asked; 3] {
    [
        Asked { id: TID_READ as u64, bank: 2, word: 0 },
        Asked { id: TAMPER_READ as u64, bank: 1, word: TAMPER_WORD as u64 },
        Asked { id: USER_READ as u64, bank: 3, word: 0 },
    ]
}

/// One read of a tag's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Read {
    pub(super) id: u16,
    bank: u8,
    word: u16,
    words: u16,
}

/// The reads of a gate in the order in which they are done: a reader stops at the first that a tag refuses, and what
/// says more of a seal comes first. Those beyond what the reader can do are left out.
pub(super) fn reads(gate: &Gate, reader: &Capabilities) -> Vec<Read> {
    let wanted = wanted(gate);
    let most = match usize::try_from(reader.operations_max) {
        Ok(0) | Err(_) => wanted.len(),
        Ok(most) => most,
    };
    wanted.into_iter().take(most).collect()
}

/// The reads that are configured.
pub(super) fn wanted(gate: &Gate) -> Vec<Read> {
    let tid = Read { id: TID_READ, bank: 2, word: 0, words: TID_WORDS };
    let tamper = Read { id: TAMPER_READ, bank: 1, word: TAMPER_WORD, words: 1 };
    let user = Read { id: USER_READ, bank: 3, word: 0, words: gate.user_words };
    [(gate.read_tid, tid), (gate.read_tamper, tamper), (gate.user_words > 0, user)]
        .into_iter()
        .filter_map(|(wanted, read)| wanted.then_some(read))
        .collect()
}

fn by_id(name: &str, id: u32) -> Element {
    Element::message(name, vec![n(id)], Vec::new())
}

fn keepalive(period_ms: u32) -> Element {
    let spec = Element::parameter("KeepaliveSpec", vec![n(1_u8), n(period_ms)], Vec::new());
    Element::message("SET_READER_CONFIG", vec![n(0_u8)], vec![spec])
}

fn events(holds_reports: bool) -> Element {
    let state =
        |kind: u16, on: u8| Element::parameter("EventNotificationState", vec![n(kind), n(on)], Vec::new());
    let wanted = EVENTS_WANTED.into_iter().map(|kind| state(kind, ON));
    let unwanted = EVENTS_UNWANTED.into_iter().map(|kind| state(kind, 0));
    let states = wanted.chain(unwanted).collect();
    let mut parts = vec![Element::parameter("ReaderEventNotificationSpec", Vec::new(), states)];
    if holds_reports {
        parts.push(Element::parameter("EventsAndReports", vec![n(ON)], Vec::new()));
    }
    Element::message("SET_READER_CONFIG", vec![n(0_u8)], parts)
}

fn access_spec(reads: &[Read]) -> Element {
    // A mask of no bits: every tag.
    let none = || Value::Bits(0, Vec::new());
    let every_tag = vec![n(0x60_u8), n(TAMPER_WORD), none(), none()];
    let target = Element::parameter("C1G2TargetTag", every_tag, Vec::new());
    let mut command = vec![Element::parameter("C1G2TagSpec", Vec::new(), vec![target])];
    command.extend(reads.iter().map(|read| {
        let values = vec![n(read.id), n(0_u32), n(read.bank << 6), n(read.word), n(read.words)];
        Element::parameter("C1G2Read", values, Vec::new())
    }));
    let parts = vec![
        Element::parameter("AccessSpecStopTrigger", vec![n(0_u8), n(0_u16)], Vec::new()),
        Element::parameter("AccessCommand", Vec::new(), command),
        Element::parameter("AccessReportSpec", vec![n(0_u8)], Vec::new()),
    ];
    let values = vec![n(SPEC_ID), n(0_u16), n(GEN2), n(0_u8), n(SPEC_ID)];
    Element::message("ADD_ACCESSSPEC", Vec::new(), vec![Element::parameter("AccessSpec", values, parts)])
}

/// An inventory for most of each period, with a report at its end.
fn ro_spec(gate: &Gate, reader: &Capabilities) -> Element {
    let period = gate.report_ms.max(1);
    let every = Element::parameter("PeriodicTriggerValue", vec![n(0_u32), n(period)], Vec::new());
    let boundary = vec![
        Element::parameter("ROSpecStartTrigger", vec![n(2_u8)], vec![every]),
        Element::parameter("ROSpecStopTrigger", vec![n(0_u8), n(0_u32)], Vec::new()),
    ];
    let mut antennas: Vec<u32> = gate.antennas.iter().map(|antenna| antenna.number.into()).collect();
    if antennas.is_empty() {
        antennas.push(0);
    }
    let lasts = period - period / 20;
    let stop = Element::parameter("AISpecStopTrigger", vec![n(1_u8), n(lasts)], Vec::new());
    let inventory =
        Element::parameter("InventoryParameterSpec", vec![n(1_u16), n(GEN2)], configurations(gate, reader));
    let content = Element::parameter(
        "TagReportContentSelector",
        vec![n(REPORT_CONTENT)],
        vec![Element::parameter("C1G2EPCMemorySelector", vec![n(0_u8)], Vec::new())],
    );
    let parts = vec![
        Element::parameter("ROBoundarySpec", Vec::new(), boundary),
        Element::parameter("AISpec", vec![Value::Numbers(antennas)], vec![stop, inventory]),
        Element::parameter("ROReportSpec", vec![n(1_u8), n(0_u16)], vec![content]),
    ];
    let values = vec![n(SPEC_ID), n(0_u8), n(0_u8)];
    Element::message("ADD_ROSPEC", Vec::new(), vec![Element::parameter("ROSpec", values, parts)])
}

/// How each antenna is driven; one configuration for all where none has a power of its own.
fn configurations(gate: &Gate, reader: &Capabilities) -> Vec<Element> {
    let one = |number: u16, power: Option<u16>| {
        let mut parts = Vec::new();
        if let Some(power) = power {
            // Where the reader hops the channel says nothing; elsewhere it is the first.
            let (table, channel) = if reader.hopping { (reader.hop_table, 0_u16) } else { (0, 1) };
            parts.push(Element::parameter("RFTransmitter", vec![n(table), n(channel), n(power)], Vec::new()));
        }
        let control = vec![n((gate.session & 3) << 6), n(TAG_POPULATION), n(0_u32)];
        let control = Element::parameter("C1G2SingulationControl", control, Vec::new());
        parts.push(Element::parameter("C1G2InventoryCommand", vec![n(0_u8)], vec![control]));
        Element::parameter("AntennaConfiguration", vec![n(number)], parts)
    };
    let index = |antenna: &Antenna| antenna.power_cdbm.and_then(|power| reader.power_index(power));
    if gate.antennas.iter().all(|antenna| index(antenna).is_none()) {
        return vec![one(0, None)];
    }
    gate.antennas.iter().map(|antenna| one(antenna.number, index(antenna))).collect()
}
