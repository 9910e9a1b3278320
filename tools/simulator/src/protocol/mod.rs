//! The device's side of each protocol: what a lock has to say, as bytes, and what the platform answers.
//!
//! Written from the protocol notes, independently of the platform's decoders; does no I/O and keeps no clock.
//! A [`Terminal`] is one device; the caller moves bytes, keeps time and sends again what was not acknowledged.

mod bytes;
pub mod digitalmatter;
pub mod egts;
pub mod envotech;
pub mod eseal;
pub mod galileosky;
pub mod gt06;
pub mod h02;
pub mod iridium;
pub mod jointech;
pub mod jt808;
pub mod meitrack;
pub mod navtelecom;
pub mod queclink;
mod report;
pub mod retranslator;
pub mod suntech;
pub mod teltonika;
pub mod teratrack;
pub mod tk103;
pub mod topflytech;
pub mod wialon_ips;

use plomb_model::{DeviceId, Protocol, Signal, Timestamp};

pub(crate) use bytes::{Civil, bcd, crc8, put_digits};
pub use report::{Fix, Lock, LockEvent, Report};

/// By what an acknowledgement is known; each protocol packs its serial, type or count into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AckKey(pub u32);

/// Bytes for the platform, and what they wait for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// One frame; sent again byte for byte until acknowledged.
    pub bytes: Vec<u8>,
    /// The acknowledgement it waits for, if any.
    pub expects: Option<AckKey>,
    /// Whether it must not be given up: alarms and what was kept through a gap.
    pub essential: bool,
}

/// What the platform said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// Log-in, registration and authentication are through: reports may go.
    Ready,
    /// Send this at once: the next step of the log-in.
    Reply(Vec<u8>),
    /// The platform does not want this device.
    Refused(&'static str),
    /// It has what was sent under this key.
    Acknowledged(AckKey),
    /// It has it and found it wrong.
    Rejected(AckKey),
    /// Open the lock.
    Unlock {
        /// What the answer must carry.
        reference: u32,
        /// The static password, where the protocol has one.
        password: Option<String>,
    },
    /// Close the lock.
    Lock {
        /// What the answer must carry.
        reference: u32,
    },
    /// Report now.
    Locate {
        /// What the answer must carry.
        reference: u32,
    },
    /// Another command; the answer says that it is done or not known.
    Other {
        /// What the answer must carry.
        reference: u32,
        /// The command as text.
        text: String,
    },
}

/// How a command ended at the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Done.
    Done,
    /// The password was wrong.
    WrongPassword,
    /// The device does not know the command.
    Unknown,
}

/// One device of any protocol.
pub trait Terminal: Send {
    /// Who it is.
    fn id(&self) -> DeviceId;

    /// A connection was made: forget half frames, say hello into `out`.
    fn connected(&mut self, at: Timestamp, out: &mut Vec<u8>);

    /// The connection is gone.
    fn disconnected(&mut self);

    /// Whether reports may go on this connection.
    fn ready(&self) -> bool;

    /// A sign of life, where the protocol has one.
    fn heartbeat(&mut self, _report: &Report, _out: &mut Vec<u8>) {}

    /// One report, live. Takes a new serial.
    fn live(&mut self, report: &Report) -> Outgoing;

    /// How many kept reports go into one frame.
    fn batch_max(&self) -> usize;

    /// Reports kept through a gap, at most [`Terminal::batch_max`], marked as such.
    fn kept(&mut self, reports: &[Report]) -> Outgoing;

    /// A lock event of its own message kind, where the protocol has one.
    fn event(&mut self, _event: LockEvent, _report: &Report) -> Option<Outgoing> {
        None
    }

    /// Bytes from the platform; there are devices that listen to nothing.
    fn receive(&mut self, _bytes: &[u8], _incoming: &mut Vec<Incoming>) {}

    /// The answer to a command, as frames in the order to send.
    fn answer(&mut self, _reference: u32, _outcome: Outcome, _report: &Report) -> Vec<Outgoing> {
        Vec::new()
    }
}

/// How the devices of a protocol are numbered.
#[derive(Clone, Copy, Debug)]
pub enum Numbering {
    /// Fifteen digits that begin with this type allocation code (its last two digits carry large fleets).
    Imei(u64),
    /// This prefix and eight digits.
    Prefix(&'static str),
    /// The phone number of a JT/T 808 terminal, 12 digits (2013) or 20 (2019).
    Jt808,
}

/// A protocol whose devices are simulated.
pub struct Spoken {
    /// Which.
    pub protocol: Protocol,
    /// How many devices of a mixed fleet speak it, among the weights of all.
    pub weight: u32,
    /// How its devices are numbered.
    pub numbering: Numbering,
    /// What it tells of the conditions that are played.
    pub told: &'static [Signal],
    open: fn(DeviceId, bool) -> Box<dyn Terminal>,
}

const fn spoken(
    protocol: Protocol,
    weight: u32,
    numbering: Numbering,
    told: &'static [Signal],
    open: fn(DeviceId, bool) -> Box<dyn Terminal>,
) -> Spoken {
    Spoken { protocol, weight, numbering, told, open }
}

/// Every condition that is played: what locks tell.
const EVERY: &[Signal] = &[
    Signal::RopeCut,
    Signal::UnauthorisedOpen,
    Signal::CoverOpen,
    Signal::Removed,
    Signal::Shock,
    Signal::LowBattery,
    Signal::WrongPassword,
    Signal::LongUnlocked,
    Signal::MotorFault,
    Signal::GnssJamming,
];

/// The protocols whose devices are simulated, one line each.
#[rustfmt::skip]
pub const SIMULATED: &[Spoken] = &[
    spoken(Protocol::Jointech, 4, Numbering::Prefix("80"), EVERY, |id, _| Box::new(jointech::Jointech::new(id))),
    spoken(Protocol::Jt808, 3, Numbering::Jt808, EVERY, |id, _| Box::new(jt808::Jt808::new(id))),
    spoken(Protocol::Gt06, 1, Numbering::Imei(86_471_700), gt06::TOLD, |id, _| Box::new(gt06::Gt06::new(id))),
    spoken(Protocol::Teltonika, 2, Numbering::Imei(35_630_704), teltonika::TOLD, |id, udp| Box::new(teltonika::Teltonika::new(id, udp))),
    spoken(Protocol::Digitalmatter, 1, Numbering::Imei(35_265_610), digitalmatter::TOLD, |id, _| Box::new(digitalmatter::DigitalMatter::new(id))),
    spoken(Protocol::Eseal, 2, Numbering::Prefix("10"), eseal::TOLD, |id, _| Box::new(eseal::Eseal::new(id))),
    spoken(Protocol::Suntech, 1, Numbering::Prefix("2"), suntech::TOLD, |id, _| Box::new(suntech::Suntech::new(id))),
    spoken(Protocol::Queclink, 1, Numbering::Imei(86_087_400), queclink::TOLD, |id, _| Box::new(queclink::Queclink::new(id))),
    spoken(Protocol::Topflytech, 1, Numbering::Imei(86_011_204), topflytech::TOLD, |id, _| Box::new(topflytech::Topflytech::new(id))),
    spoken(Protocol::H02, 1, Numbering::Prefix("41"), h02::TOLD, |id, _| Box::new(h02::H02::new(id))),
    spoken(Protocol::WialonIps, 1, Numbering::Imei(86_360_705), wialon_ips::TOLD, |id, _| Box::new(wialon_ips::WialonIps::new(id))),
    spoken(Protocol::WialonRetranslator, 1, Numbering::Imei(35_397_601), retranslator::TOLD, |id, _| Box::new(retranslator::Retranslator::new(id))),
    spoken(Protocol::Meitrack, 1, Numbering::Imei(35_335_801), meitrack::TOLD, |id, _| Box::new(meitrack::Meitrack::new(id))),
    spoken(Protocol::Galileosky, 1, Numbering::Imei(86_123_004), galileosky::TOLD, |id, _| Box::new(galileosky::Galileosky::new(id))),
    spoken(Protocol::Egts, 1, Numbering::Prefix("8612300"), egts::TOLD, |id, _| Box::new(egts::Egts::new(id))),
    spoken(Protocol::Navtelecom, 1, Numbering::Imei(86_600_105), navtelecom::TOLD, |id, _| Box::new(navtelecom::Navtelecom::new(id))),
    spoken(Protocol::Envotech, 1, Numbering::Prefix("F0"), envotech::TOLD, |id, _| Box::new(envotech::Envotech::new(id))),
    spoken(Protocol::Iridium, 1, Numbering::Imei(30_043_400), iridium::TOLD, |id, _| Box::new(iridium::Iridium::new(id))),
    spoken(Protocol::Teratrack, 1, Numbering::Prefix("0220"), teratrack::TOLD, |id, _| Box::new(teratrack::Teratrack::new(id))),
    spoken(Protocol::Tk103, 1, Numbering::Prefix("0136"), tk103::TOLD, |id, _| Box::new(tk103::Tk103::new(id))),
];

/// The protocols of a fleet for which none are named: the locks that the platform spoke first.
pub const USUAL: [Protocol; 4] = [Protocol::Jointech, Protocol::Jt808, Protocol::Gt06, Protocol::Teltonika];

/// What is known of a protocol's simulated devices; none where it has none.
#[must_use]
pub fn simulated(protocol: Protocol) -> Option<&'static Spoken> {
    SIMULATED.iter().find(|spoken| spoken.protocol == protocol)
}

/// A device of `protocol` with this identifier, `datagrams` where it talks over UDP; none where such devices are
/// not simulated.
#[must_use]
pub fn terminal(protocol: Protocol, id: DeviceId, datagrams: bool) -> Option<Box<dyn Terminal>> {
    simulated(protocol).map(|spoken| (spoken.open)(id, datagrams))
}

/// Bytes of replies that may arrive in pieces, until a whole one is there.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    bytes: Vec<u8>,
}

/// Longest reply or command the devices take, bytes: far above an 0x8103 with every parameter.
const INBOX_BYTES_MAX: usize = 16 * 1024;

impl Inbox {
    /// Appends; what grows beyond the limit without a whole frame is thrown away.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        if self.bytes.len() + bytes.len() > INBOX_BYTES_MAX {
            self.bytes.clear();
        }
        self.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
    }

    /// Takes frames out as long as `next` finds one at the front: it says how many bytes to take.
    pub(crate) fn drain(&mut self, mut next: impl FnMut(&[u8]) -> Option<usize>) {
        let mut taken = 0;
        while let Some(rest) = self.bytes.get(taken..).filter(|rest| !rest.is_empty()) {
            match next(rest) {
                Some(count) => taken += count.max(1),
                None => break,
            }
        }
        self.bytes.drain(..taken.min(self.bytes.len()));
    }
}
