//! Reads events and issues back.

use plomb_model::{
    CentiDegrees, Delivery, Event, EventKind, Fix, Identity, Issue, LatitudeE7, LongitudeE7, Metres,
    Position, SealEvidence, SealReading, Signals, Speed, Trust,
};

use super::read::{DecodeError, Reader};

type Result<T> = std::result::Result<T, DecodeError>;

impl Reader<'_> {
    pub(super) fn issue(&mut self) -> Result<Issue> {
        let more = self.tuple(3, "issue")?;
        let issue = Issue {
            offset: self.number("offset")?,
            what: self.text("what is wrong")?.to_owned().into(),
            found: self.text("what was found")?.into(),
        };
        self.skip(more)?;
        Ok(issue)
    }

    pub(super) fn event(&mut self) -> Result<Event> {
        let mut kind = None;
        let mut event = Event::new(EventKind::Status);
        self.fields("event", |reader, key| {
            match key {
                1 => kind = Some(reader.code("event kind", event_kind)?),
                2 => event.delivery = reader.code("delivery", delivery)?,
                3 => event.occurred_at = Some(reader.occurred_at()?),
                4 => event.position = Some(reader.position()?),
                5 => event.seal = reader.seal()?,
                6 => event.signals = Signals::from_bits(reader.unsigned("signals")?),
                7 => event.serial = Some(reader.number("serial")?),
                8 => event.trust = reader.trust()?,
                9 => event.peripheral = Some(reader.device()?),
                10 => event.readings = reader.readings(0)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        event.kind = kind.ok_or_else(|| self.malformed("event kind"))?;
        Ok(event)
    }

    fn seal(&mut self) -> Result<SealReading> {
        let more = self.tuple(2, "seal")?;
        let seal = SealReading::from_bits(self.number("seal parts")?, self.number("seal state")?);
        self.skip(more)?;
        Ok(seal)
    }

    fn trust(&mut self) -> Result<Trust> {
        let more = self.tuple(2, "trust")?;
        let trust = Trust {
            identity: self.code("identity", identity)?,
            seal: self.code("seal evidence", seal_evidence)?,
        };
        self.skip(more)?;
        Ok(trust)
    }

    pub(super) fn position(&mut self) -> Result<Position> {
        let more = self.tuple(7, "position")?;
        let latitude = self.signed("latitude")?;
        let longitude = self.signed("longitude")?;
        let position = Position {
            latitude: LatitudeE7::new(latitude).map_err(|_| self.malformed("latitude"))?,
            longitude: LongitudeE7::new(longitude).map_err(|_| self.malformed("longitude"))?,
            fix: self.code("fix", fix)?,
            altitude: self.optional(|reader| reader.signed("altitude").map(Metres))?,
            speed: self.optional(|reader| reader.number("speed").map(Speed))?,
            course: self.optional(|reader| reader.integer("course").map(CentiDegrees))?,
            satellites: self.optional(|reader| reader.number("satellites"))?,
        };
        self.skip(more)?;
        Ok(position)
    }
}

fn event_kind(code: u8) -> Option<EventKind> {
    EventKind::ALL.into_iter().find(|kind| *kind as u8 == code)
}

fn delivery(code: u8) -> Option<Delivery> {
    [Delivery::Live, Delivery::Buffered].into_iter().find(|delivery| *delivery as u8 == code)
}

fn fix(code: u8) -> Option<Fix> {
    [Fix::Gnss, Fix::Stale, Fix::Network, Fix::Reader].into_iter().find(|fix| *fix as u8 == code)
}

fn identity(code: u8) -> Option<Identity> {
    [Identity::Claimed, Identity::Network, Identity::Mac, Identity::Aead, Identity::Signature]
        .into_iter()
        .find(|identity| *identity as u8 == code)
}

fn seal_evidence(code: u8) -> Option<SealEvidence> {
    [
        SealEvidence::None,
        SealEvidence::ValidIntact,
        SealEvidence::ValidTampered,
        SealEvidence::Invalid,
        SealEvidence::Silent,
    ]
    .into_iter()
    .find(|evidence| *evidence as u8 == code)
}
