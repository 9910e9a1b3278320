//! The profile over MQTT: the payload is a body. A plain body may leave its device to the topic `plomb-mqtt/KID/...`.
//! Commands go to the topic beside it, each in a `COSE_Encrypt0` under a key of their own.

use std::collections::BTreeMap;

use plomb_constrained::aead::NONCE_BYTES;
use plomb_constrained::coap::{MESSAGE_BYTES_MAX, format};
use plomb_constrained::cose::encrypt0;
use plomb_constrained::profile::command_key;
use plomb_model::{Command, CommandError, CommandTicket, DeviceId, Identity, Issue, ReceivedAt};
use plomb_session::{Decoded, DeviceKey, KeyPurpose, REQUEST_BYTES_MAX, Request, Session, SessionConfig};
use plomb_wire::{from_hex, to_hex};

use crate::body::{self, Carrier};
use crate::command;

/// Devices of one conversation whose identifier is remembered; a further one cannot be told anything.
const DEVICES_MAX: usize = 100_000;

/// A session.
#[must_use]
pub fn session(config: SessionConfig) -> Box<dyn Session> {
    Box::new(Mqtt { config, held: Vec::new(), names: BTreeMap::new() })
}

struct Mqtt {
    config: SessionConfig,
    held: Vec<u8>,
    /// By which identifier each device publishes for itself.
    names: BTreeMap<DeviceId, Box<[u8]>>,
}

impl Mqtt {
    /// Notes the name under which a device publishes, unless it is another's, such as a gateway's.
    fn name(&mut self, device: DeviceId, kid: &[u8]) {
        let own = || self.master(device, kid).is_some();
        if body::device(kid) != Some(device) && !own() {
            return;
        }
        let known = self.names.get(&device).is_some_and(|known| **known == *kid);
        if !known && (self.names.len() < DEVICES_MAX || self.names.contains_key(&device)) {
            self.names.insert(device, kid.into());
        }
    }

    fn master(&self, device: DeviceId, kid: &[u8]) -> Option<DeviceKey> {
        let keys = body::keys(&self.config, KeyPurpose::OscoreMaster, kid);
        keys.into_iter().find(|key| body::device_of(key) == Some(device))
    }
}

impl Session for Mqtt {
    fn receive(&mut self, _: ReceivedAt, bytes: &[u8], out: &mut Decoded) {
        self.held.extend_from_slice(bytes);
        if self.held.len() > REQUEST_BYTES_MAX {
            out.issue(Issue::new(0, "message too long", self.held.len()));
            out.report(None, &std::mem::take(&mut self.held));
        }
    }

    fn finish(&mut self, now: ReceivedAt, out: &mut Decoded) {
        let frame = std::mem::take(&mut self.held);
        if frame.is_empty() {
            return;
        }
        let request = Request::of(&frame);
        // The second part of the topic is the device's name (`docs/mqtt.md`), here its identifier in hex.
        let name = request.path().trim_start_matches('/').split('/').nth(1).unwrap_or_default();
        let kid = from_hex(name).ok().filter(|kid| !kid.is_empty());
        let sender = kid.as_deref().and_then(body::device);
        let carrier =
            Carrier { config: &self.config, now, identity: Identity::Claimed, sender, is_fresh: false };
        let device = body::read(request.body, request.body_offset, &carrier).tell(None, out);
        if let (Some(device), Some(kid)) = (device, &kid) {
            self.name(device, kid);
        }
        out.report(device, &frame);
    }

    fn tick(&mut self, _: ReceivedAt, _: &mut Decoded) {}

    fn deadline(&self) -> Option<ReceivedAt> {
        None
    }

    fn command(
        &mut self,
        now: ReceivedAt,
        to: Option<DeviceId>,
        ticket: CommandTicket,
        command: &Command,
        out: &mut Decoded,
    ) -> Result<(), CommandError> {
        let pack = command::encode("plomb-mqtt", ticket, command)?;
        let device = to.ok_or(CommandError::UnknownDevice)?;
        let kid = self.names.get(&device).ok_or(CommandError::UnknownDevice)?;
        // Without a key on both sides nobody could tell whose command it is.
        let key =
            self.master(device, kid).and_then(|key| command_key(key.secret.expose(), &key.salt, &key.id));
        let key = key.ok_or_else(|| CommandError::Value {
            what: "a device without a master secret",
            found: device.to_string(),
            allowed: "commands by MQTT stand on its key oscore-master; add it to the keys",
        })?;
        let mut message = [0; MESSAGE_BYTES_MAX];
        let message = encrypt0(&key, &nonce(now, ticket), kid, format::SENML_CBOR, &pack, &mut message)
            .map_err(|_| CommandError::Value {
                what: "the command",
                found: "too long".to_owned(),
                allowed: "1,280 bytes in all",
            })?;
        let mut frame = Vec::new();
        Request::write("PUBLISH", &format!("plomb-mqtt/{}/c", to_hex(kid)), &[], message, &mut frame);
        out.reply_only(to, &frame);
        Ok(())
    }
}

/// Six bytes of time and seven of the command's number: greater with every command, and none comes twice, because one
/// command is not sent twice within a millisecond.
fn nonce(now: ReceivedAt, ticket: CommandTicket) -> [u8; NONCE_BYTES] {
    let since = u64::try_from(now.0.as_millis() - command::NUMBERS_EPOCH_MS).unwrap_or_default();
    let [_, _, time @ ..] = since.to_be_bytes();
    let [_, number @ ..] = ticket.0.to_be_bytes();
    let mut nonce = [0; NONCE_BYTES];
    for (place, byte) in nonce.iter_mut().zip(time.into_iter().chain(number)) {
        *place = byte;
    }
    nonce
}

#[cfg(test)]
mod tests {
    use super::*;
    use plomb_constrained::cbor::Buffer;
    use plomb_constrained::cose::Message;
    use plomb_constrained::cose::mac0;
    use plomb_constrained::profile::{mac0_key, name};
    use plomb_constrained::senml::Pack;
    use plomb_constrained::senml::{PackWriter, Written};
    use plomb_model::Timestamp;
    use plomb_session::{SecretBytes, SecretTable};

    #[test]
    fn a_command_can_be_read_by_its_device_alone_and_each_has_a_greater_nonce() {
        let kid = [0x0a, 0x0b, 0x0c];
        let device = body::device(&kid).unwrap();
        let now = |ms| ReceivedAt(Timestamp::from_millis(command::NUMBERS_EPOCH_MS + ms));
        let mut secrets = SecretTable::default();
        secrets.insert(DeviceKey {
            purpose: KeyPurpose::OscoreMaster,
            id: kid.into(),
            secret: SecretBytes::new(&[7; 16]),
            salt: [1].into(),
            device: None,
        });
        let config = SessionConfig { secrets: std::sync::Arc::new(secrets), ..SessionConfig::default() };
        let mut session = session(config);
        let tell = |session: &mut Box<dyn Session>, ms, ticket| {
            let mut out = Decoded::default();
            let command = Command::Unlock { password: None };
            session.command(now(ms), Some(device), CommandTicket(ticket), &command, &mut out).map(|()| out)
        };
        assert_eq!(tell(&mut session, 1, 1).unwrap_err(), CommandError::UnknownDevice);
        let mut frame = Vec::new();
        let (mut pack, mut message) = ([0; 64], [0; 256]);
        let mut records = PackWriter::begin(Buffer::new(&mut pack), "", None);
        records.record(name::SEQUENCE, "", 0, Written::Decimal(1, 0));
        let pack = records.end().finish().unwrap();
        let key = mac0_key(&[7; 16], &[1], &kid).unwrap();
        let message = mac0(&key, &kid, format::SENML_CBOR, pack, &mut message).unwrap();
        Request::write("PUBLISH", "plomb-mqtt/0a0b0c/p", &[], message, &mut frame);
        session.receive(now(0), &frame, &mut Decoded::default());
        session.finish(now(0), &mut Decoded::default());
        let mut nonces = Vec::new();
        for (ms, ticket) in [(1, 5), (5000, 5), (5001, 2)] {
            let out = tell(&mut session, ms, ticket).unwrap();
            let request = Request::of(out.all_replies());
            assert_eq!(request.path(), "plomb-mqtt/0a0b0c/c");
            let message = Message::parse(request.body, None).unwrap();
            let mut plain = vec![0; message.payload.len()];
            assert!(message.decrypt(&[0; 16], &[], &mut plain).is_none());
            let key = command_key(&[7; 16], &[1], &kid).unwrap();
            let mut plain = vec![0; message.payload.len()];
            let pack = message.decrypt(&key, &[], &mut plain).unwrap();
            let names: Vec<_> =
                Pack::new(pack).unwrap().map(|record| record.unwrap().name.to_owned()).collect();
            assert_eq!(names, ["cmd", "do"]);
            nonces.push(message.iv.unwrap().to_vec());
        }
        assert!(nonces.is_sorted() && nonces.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
