//! A tap as a report: one link, one event.

use std::sync::Arc;

use plomb_model::{
    Command, CommandError, CommandTicket, DeviceId, Event, EventKind, Issue, Protocol, Reading, ReceivedAt,
    Scheme, SealEvidence, SealPart, SealReading, Signal, Trust,
};
use plomb_session::{Decoded, REQUEST_BYTES_MAX, Secrets, Session, SessionConfig};

use super::link::{Link, Mirror, offset_in, plain};
use super::verify::{Verdict, verify};

/// A session of links; each message is one.
#[must_use]
pub fn session(config: SessionConfig) -> Box<dyn Session> {
    Box::new(Taps { secrets: config.secrets, waiting: Vec::new() })
}

struct Taps {
    secrets: Arc<dyn Secrets>,
    waiting: Vec<u8>,
}

impl Session for Taps {
    fn receive(&mut self, now: ReceivedAt, bytes: &[u8], out: &mut Decoded) {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() > REQUEST_BYTES_MAX {
            self.finish(now, out);
        }
    }

    fn finish(&mut self, _: ReceivedAt, out: &mut Decoded) {
        let frame = std::mem::take(&mut self.waiting);
        if !frame.is_empty() {
            let device = read(&frame, self.secrets.as_ref(), out);
            out.report(device, &frame);
        }
    }

    fn tick(&mut self, _: ReceivedAt, _: &mut Decoded) {}

    fn deadline(&self) -> Option<ReceivedAt> {
        None
    }

    fn command(
        &mut self,
        _: ReceivedAt,
        _: Option<DeviceId>,
        _: CommandTicket,
        _: &Command,
        _: &mut Decoded,
    ) -> Result<(), CommandError> {
        Err(CommandError::Unsupported { protocol: Protocol::Ntag424.name() })
    }
}

fn read(frame: &[u8], secrets: &dyn Secrets, out: &mut Decoded) -> Option<DeviceId> {
    let text = plain(frame);
    let link = Link::of(&text);
    let at = |offset: usize| offset_in(frame, &text, link.start + offset);
    if link.picc.is_none() && link.uid.is_none() {
        out.issue(Issue::new(at(0), "no mirror of a tag in the link", frame.len()));
        return None;
    }
    let verdict = verify(&link, secrets);
    let Some(identity) = verdict.identity else {
        let offset = link.picc.or(link.uid).map_or(0, |mirror| mirror.offset);
        out.issue(Issue::new(at(offset), "no key opens the data of the tag", "encrypted PICC data"));
        return None;
    };
    let device = DeviceId::new(Scheme::Tag, &plomb_wire::to_hex(&identity.uid)).ok()?;
    let mut event = Event::new(EventKind::Seal);
    if link.picc.is_some() || link.counter.is_some() {
        event.readings.push(Reading::Counter(identity.count()));
    }
    if proved(&link, &verdict, &mut event, &at, out) {
        status(&link, &verdict, &mut event, &at, out);
    }
    out.event(event);
    Some(device)
}

/// What the code proves of who it is. `false` when it is wrong, and nothing else in the link is looked at.
fn proved(
    link: &Link<'_>,
    verdict: &Verdict,
    event: &mut Event,
    at: &dyn Fn(usize) -> usize,
    out: &mut Decoded,
) -> bool {
    let offset = at(link.code.map_or(link.text.len(), |code| code.offset));
    if verdict.holds {
        event.trust.identity = plomb_model::Identity::Mac;
    } else if verdict.key_known {
        event.trust = Trust { seal: SealEvidence::Invalid, ..Trust::default() };
        out.issue(Issue::new(offset, "the code of the link does not hold", "SDMMAC differs"));
        return false;
    } else {
        let what = "no key of this tag is known: the link is only claimed";
        out.issue(Issue::new(offset, what, "SDMMAC not checked"));
    }
    true
}

/// What the tag says of its loop. A status counts as the tag's word only where the code holds and covers it: anybody
/// can write another behind the link. A status in clear outside of what is covered is taken as a claim, and only when
/// it says that the seal was opened: to believe it whole would be to believe the thief.
fn status(
    link: &Link<'_>,
    verdict: &Verdict,
    event: &mut Event,
    at: &dyn Fn(usize) -> usize,
    out: &mut Decoded,
) {
    let is_proved = |mirror: &Mirror<'_>| verdict.holds && mirror.is_within(&verdict.covered);
    let filed = link.file.filter(is_proved).and_then(|_| Loop::read(verdict.file.get(..2)?));
    let clear = link.tamper.map(|tamper| (tamper, Loop::read(tamper.text.as_bytes())));
    let covered = clear.filter(|(tamper, _)| is_proved(tamper)).and_then(|(_, found)| found);
    match (filed.or(covered), clear) {
        // File data that holds no status: the chip has no loop, or the file another use.
        (None, None) => {}
        (Some(found), _) => found.tell(true, event),
        (None, Some((tamper, None))) => {
            out.issue(Issue::new(at(tamper.offset), "a tamper status that is none", tamper.text));
        }
        (None, Some((tamper, Some(found)))) => {
            let what = "the tamper status is not covered by a code that holds: that the seal is whole is not believed";
            out.issue(Issue::new(at(tamper.offset), what, tamper.text));
            if matches!(found, Loop::Opened { .. }) {
                found.tell(false, event);
            }
        }
    }
}

/// Permanent and current state of the loop (NXP AN12196 section 5).
#[derive(Clone, Copy)]
enum Loop {
    /// `II`: not armed.
    Unarmed,
    /// `CC`: closed, and never opened since it was armed.
    Closed,
    /// An `O` in either place: it was opened, and may be closed again.
    Opened { closed_now: bool },
}

impl Loop {
    fn read(status: &[u8]) -> Option<Self> {
        match status {
            b"II" => Some(Self::Unarmed),
            b"CC" => Some(Self::Closed),
            [b'O', b'C'] => Some(Self::Opened { closed_now: true }),
            [b'O', b'O' | b'I'] | [b'C' | b'I', b'O'] => Some(Self::Opened { closed_now: false }),
            _ => None,
        }
    }

    fn tell(self, is_proved: bool, event: &mut Event) {
        let (whole, never_opened, evidence) = match self {
            Self::Unarmed => {
                event.seal = event.seal.with(SealPart::Sealed, false);
                return;
            }
            Self::Closed => (true, true, SealEvidence::ValidIntact),
            Self::Opened { closed_now } => (closed_now, false, SealEvidence::ValidTampered),
        };
        event.seal = SealReading::default()
            .with(SealPart::RopeIntact, whole)
            .with(SealPart::NeverOpened, never_opened);
        event.signals = event.signals.with_if(!never_opened, Signal::RopeCut);
        if is_proved {
            event.trust.seal = evidence;
        }
    }
}
