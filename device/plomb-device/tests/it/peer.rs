//! A platform of few words: opens what a device sends, checks that no number comes twice, and acknowledges.

use std::collections::BTreeMap;

use plomb_constrained::cbor::Buffer;
use plomb_constrained::cbor::{Decoder, Item};
use plomb_constrained::coap::{Kind, Message, Writer, code, option};
use plomb_constrained::cose;
use plomb_constrained::oscore::{
    Binding, Context, open_request, open_response, protect_request, protect_response,
};
use plomb_constrained::p256::{PrivateKey, PublicKey};
use plomb_constrained::profile::{COMMAND_PATH, PLATFORM_ID};
use plomb_constrained::senml::{Pack, PackWriter, Value, Written};

use crate::board::{ID, provision};

/// An event, as far as tests look at it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    pub pack: Vec<u8>,
    pub signed: bool,
    pub flags: BTreeMap<String, bool>,
    pub numbers: BTreeMap<String, i64>,
    pub texts: BTreeMap<String, String>,
    pub previous: Vec<u8>,
}

impl Seen {
    pub fn sequence(&self) -> i64 {
        self.numbers["seq"]
    }

    pub fn cause(&self) -> i64 {
        self.numbers["cause"]
    }
}

pub struct Peer {
    context: Context,
    key: PublicKey,
    /// The datagram under each number.
    numbers: BTreeMap<u64, Vec<u8>>,
    /// What was taken.
    pub events: BTreeMap<i64, Seen>,
    /// What was ever sent, whether it arrived or not.
    heard: BTreeMap<i64, Seen>,
    command_number: u64,
    waiting: Option<Binding>,
}

impl Peer {
    pub fn new() -> Self {
        let provision = provision();
        Self {
            context: Context::derive(&provision.master, &provision.salt, None, PLATFORM_ID, &ID).unwrap(),
            key: PrivateKey::new(&provision.signing).unwrap().public(),
            numbers: BTreeMap::new(),
            events: BTreeMap::new(),
            heard: BTreeMap::new(),
            command_number: 1000,
            waiting: None,
        }
    }

    /// Takes a report; gives the reply.
    pub fn take(&mut self, datagram: &[u8]) -> Vec<u8> {
        self.answer(datagram, code::CHANGED)
    }

    pub fn answer(&mut self, datagram: &[u8], code: u8) -> Vec<u8> {
        let message = Message::parse(datagram).unwrap();
        let mut inner = vec![0; 2048];
        let (inner, binding) =
            open_request(&self.context, &message, &mut inner).expect("the device's own key");
        let number = binding.partial_iv.sequence();
        let before = self.numbers.entry(number).or_insert_with(|| datagram.to_vec());
        assert_eq!(before, datagram, "number {number} was used for two messages");
        let inner = Message::parse_inner(inner).unwrap();
        assert!(inner.has_path(&["p"]));
        let seen = self.read(inner.payload);
        if code == code::CHANGED {
            self.events.extend(seen.into_iter().map(|seen| (seen.sequence(), seen)));
        }
        let mut plain = [0; 16];
        let writer = Writer::new(&mut plain, Kind::Acknowledgement, code, message.id, message.token);
        let plain = Message::parse(writer.payload(&[]).unwrap()).unwrap();
        let mut out = [0; 128];
        protect_response(&mut self.context, &binding, &plain, false, &mut out).unwrap().to_vec()
    }

    fn read(&mut self, body: &[u8]) -> Vec<Seen> {
        let mut decoder = Decoder::new(body);
        let mut all = Vec::new();
        while !decoder.is_empty() {
            let seen = self.item(decoder.skip().unwrap());
            let before = self.heard.entry(seen.sequence()).or_insert_with(|| seen.clone());
            assert_eq!(before, &seen, "one number, two events");
            all.push(seen);
        }
        all
    }

    pub fn item(&self, item: &[u8]) -> Seen {
        let mut seen = Seen { pack: item.to_vec(), ..Seen::default() };
        if let Item::Tag(18) = Decoder::new(item).peek().unwrap() {
            let message = cose::Message::parse(item, None).unwrap();
            assert!(message.is_signed_by(&self.key, &[]), "the signature holds");
            seen.pack = message.payload.to_vec();
            seen.signed = true;
        }
        for record in Pack::new(&seen.pack.clone()).unwrap() {
            let record = record.unwrap();
            assert_eq!(record.base_name, "plomb:0a0b0c:");
            let name = record.name.to_owned();
            match record.value.unwrap() {
                Value::Bool(on) => drop(seen.flags.insert(name, on)),
                Value::Number(number) => drop(seen.numbers.insert(name, number.scaled(0).unwrap())),
                Value::Text(text) => drop(seen.texts.insert(name, text.to_owned())),
                Value::Data(bytes) => seen.previous = bytes.to_vec(),
            }
        }
        seen
    }

    /// A command under a number of its own, for a peer that was made anew.
    pub fn command_at(&mut self, verb: &str, number: u64) -> Vec<u8> {
        self.command_number += 2 * number;
        self.command(verb, &[])
    }

    /// A command, protected.
    pub fn command(&mut self, verb: &str, with: &[(&str, Written<'_>)]) -> Vec<u8> {
        let mut pack = [0; 512];
        let mut writer = PackWriter::begin(Buffer::new(&mut pack), "", None);
        writer.record("cmd", "", 0, Written::Decimal(7, 0)).record("do", "", 0, Written::Text(verb));
        for (name, value) in with {
            writer.record(name, "", 0, *value);
        }
        let pack = writer.end().finish().unwrap();
        self.command_number += 2;
        self.context.go_on_from(self.command_number);
        let mut plain = [0; 1024];
        let mut writer = Writer::new(&mut plain, Kind::Confirmable, code::POST, 99, b"cmd!");
        writer.path(COMMAND_PATH).uint(option::CONTENT_FORMAT, 112);
        let plain = Message::parse(writer.payload(pack).unwrap()).unwrap();
        let mut out = [0; 1280];
        let (bytes, binding) = protect_request(&mut self.context, &plain, false, &mut out).unwrap();
        self.waiting = Some(binding);
        bytes.to_vec()
    }

    /// The code of the answer to the last command.
    pub fn code(&self, datagram: &[u8]) -> u8 {
        let message = Message::parse(datagram).unwrap();
        assert_eq!((message.kind, message.id, message.token), (Kind::Acknowledgement, 99, &b"cmd!"[..]));
        let mut inner = [0; 256];
        let inner = open_response(&self.context, &self.waiting.unwrap(), &message, &mut inner).unwrap();
        Message::parse_inner(inner).unwrap().code
    }
}
