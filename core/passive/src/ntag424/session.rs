//! A tap as a report: one link, one event.

use std::sync::Arc;

use plomb_model::{
    Command, CommandError, CommandTicket, DeviceId, Event, EventKind, Issue, Protocol, Reading, ReceivedAt,
    Scheme, SealEvidence, SealPart, SealReading, Signal, Trust,
};
use plomb_session::{Decoded, REQUEST_BYTES_MAX, Secrets, Session, SessionConfig};

use super::link::Link;
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
    let link = Link::of(frame);
    if link.picc.is_none() && link.uid.is_none() {
        out.issue(Issue::new(0, "no mirror of a tag in the link", frame.len()));
        return None;
    }
    let verdict = verify(&link, secrets);
    let Some(identity) = verdict.identity else {
        let offset = link.picc.or(link.uid).map_or(0, |mirror| mirror.offset);
        out.issue(Issue::new(offset, "no key opens the data of the tag", "encrypted PICC data"));
        return None;
    };
    let device = DeviceId::new(Scheme::Tag, &plomb_wire::to_hex(&identity.uid)).ok()?;
    let mut event = Event::new(EventKind::Seal);
    if link.picc.is_some() || link.counter.is_some() {
        event.readings.push(Reading::Counter(identity.count()));
    }
    trust(&link, &verdict, &mut event, out);
    out.event(event);
    Some(device)
}

/// What the code proves, and what the tag says of its loop. A status that the code does not cover is not believed
/// to be whole: it is only as good as the link.
fn trust(link: &Link<'_>, verdict: &Verdict, event: &mut Event, out: &mut Decoded) {
    let offset = link.code.map_or(link.text.len(), |code| code.offset);
    if verdict.holds {
        event.trust.identity = plomb_model::Identity::Mac;
    } else if verdict.key_known {
        event.trust = Trust { seal: SealEvidence::Invalid, ..Trust::default() };
        out.issue(Issue::new(offset, "the code of the link does not hold", "SDMMAC differs"));
        return;
    } else {
        out.issue(Issue::new(
            offset,
            "no key of this tag is known: the link is only claimed",
            "SDMMAC not checked",
        ));
    }
    let clear = link.tamper.map(|tamper| tamper.text.as_bytes());
    let Some(&[permanent, current]) = clear.or_else(|| verdict.file.get(..2)) else { return };
    let state = |status| match status {
        b'C' => Some(true),
        b'O' => Some(false),
        _ => None,
    };
    match (state(permanent), state(current)) {
        (Some(never_opened), Some(whole)) => {
            event.seal = SealReading::default()
                .with(SealPart::RopeIntact, whole)
                .with(SealPart::NeverOpened, never_opened && whole);
            event.signals = event.signals.with_if(!(never_opened && whole), Signal::RopeCut);
            event.trust.seal =
                if never_opened && whole { SealEvidence::ValidIntact } else { SealEvidence::ValidTampered };
        }
        _ if (permanent, current) == (b'I', b'I') => {
            event.seal = event.seal.with(SealPart::Sealed, false);
        }
        _ if clear.is_some() => {
            out.issue(Issue::new(
                0,
                "a tamper status that is none",
                format_args!("{permanent:02x} {current:02x}"),
            ));
        }
        // File data that holds no status: the chip has no loop, or the file another use.
        _ => {}
    }
}
