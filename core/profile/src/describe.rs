//! Messages laid open for a person. What is encrypted stays so: this sees no keys.

use plomb_constrained::cbor::{Decoder, Item};
use plomb_constrained::coap::{self, option};
use plomb_constrained::cose;
use plomb_constrained::oscore;
use plomb_constrained::profile::{TAG_BYTES, name};
use plomb_constrained::senml::{Pack, Value};
use plomb_session::{Description, Request};
use plomb_wire::to_hex;

/// A body, or a message of CoAP, as the bytes look.
#[must_use]
pub fn describe(frame: &[u8]) -> Description {
    describe_coap(frame)
}

/// A datagram.
#[must_use]
pub fn describe_coap(frame: &[u8]) -> Description {
    let message = match coap::Message::parse(frame) {
        Ok(message) => message,
        Err(fault) => {
            let mut description = Description::new("no message of CoAP");
            description.field(0, frame.len(), "bytes", fault);
            return description;
        }
    };
    let mut description =
        Description::new(format!("CoAP {:?} {}.{:02}", message.kind, message.code >> 5, message.code & 0x1F));
    description.field(1, 1, "code", format_args!("{:#04x}", message.code));
    description.field(2, 2, "message id", message.id);
    if !message.token.is_empty() {
        description.field(4, message.token.len(), "token", to_hex(message.token));
    }
    let mut is_protected = false;
    for opt in message.options() {
        let (name, value) = match opt.number {
            option::URI_PATH => ("Uri-Path", String::from_utf8_lossy(opt.value).into_owned()),
            option::CONTENT_FORMAT => ("Content-Format", format!("{:?}", opt.uint())),
            option::EDHOC => ("EDHOC", String::new()),
            option::OSCORE => {
                is_protected = true;
                ("OSCORE", oscore(opt.value))
            }
            _ => ("option", format!("{}: {}", opt.number, to_hex(opt.value))),
        };
        description.field(opt.offset, opt.value.len(), name, value);
    }
    let (at, payload) = (message.payload_offset, message.payload);
    if is_protected {
        description.field(at, payload.len(), "ciphertext", to_hex(payload));
    } else if message.is_request() && message.has_path(plomb_constrained::profile::REPORT_PATH) {
        body(payload, at, &mut description);
    } else if !payload.is_empty() {
        description.field(at, payload.len(), "payload", to_hex(payload));
    }
    description
}

fn oscore(value: &[u8]) -> String {
    match oscore::Header::parse(value) {
        Ok(header) => format!(
            "number {:?}, kid {:?}, kid context {:?}",
            header.partial_iv.map(oscore::PartialIv::sequence),
            header.kid.map(to_hex),
            header.kid_context.map(to_hex)
        ),
        Err(fault) => fault.to_string(),
    }
}

/// A message of MQTT.
#[must_use]
pub fn describe_mqtt(frame: &[u8]) -> Description {
    let request = Request::of(frame);
    let mut description = Description::new("Plomb profile");
    if let Some(place) =
        frame.windows(request.target.len().max(1)).position(|window| window == request.target.as_bytes())
    {
        description.field(place, request.target.len(), "topic", request.target);
    }
    body(request.body, request.body_offset, &mut description);
    description
}

/// The items of a body that begins at `base`.
fn body(bytes: &[u8], base: usize, description: &mut Description) {
    let (bytes, base) =
        bytes.strip_prefix(&TAG_BYTES).map_or((bytes, base), |rest| (rest, base + TAG_BYTES.len()));
    let mut decoder = Decoder::new(bytes);
    while !decoder.is_empty() {
        let at = base + decoder.offset();
        match decoder.skip() {
            Ok(item) => describe_item(item, at, description),
            Err(fault) => {
                description.field(at, base + bytes.len() - at, "bytes", fault);
                return;
            }
        }
    }
}

fn describe_item(item: &[u8], at: usize, description: &mut Description) {
    let message = match Decoder::new(item).peek() {
        Ok(Item::Array(_)) => return pack(item, at, description),
        _ => cose::Message::parse(item, None),
    };
    let Ok(message) = message else {
        description.field(at, item.len(), "item", to_hex(item));
        return;
    };
    let found =
        format_args!("{:?}, kid {}", message.algorithm, to_hex(message.kid.unwrap_or_default())).to_string();
    let (name, plain) = match message.shape {
        cose::Shape::Sign1 => ("COSE_Sign1", true),
        cose::Shape::Mac0 => ("COSE_Mac0", true),
        cose::Shape::Encrypt0 => ("COSE_Encrypt0", false),
    };
    description.field(at, 1, name, found);
    let inside = at + message.payload_offset;
    if plain {
        pack(message.payload, inside, description);
    } else {
        description.field(inside, message.payload.len(), "ciphertext", to_hex(message.payload));
    }
    if !message.proof.is_empty() {
        description.field(at + message.proof_offset, message.proof.len(), "proof", to_hex(message.proof));
    }
}

fn pack(bytes: &[u8], at: usize, description: &mut Description) {
    let records = match Pack::new(bytes) {
        Ok(records) => records,
        Err(fault) => {
            description.field(at, bytes.len(), "item", fault);
            return;
        }
    };
    for record in records {
        match record {
            Ok(record) => {
                let value = match record.value {
                    _ if matches!(record.name, name::PASSWORD | name::NEW_PASSWORD) => {
                        "[redacted]".to_owned()
                    }
                    Some(Value::Number(number)) => number.float().to_string(),
                    Some(Value::Text(text)) => text.to_owned(),
                    Some(Value::Bool(on)) => on.to_string(),
                    Some(Value::Data(data)) => to_hex(data),
                    None => String::new(),
                };
                let unit = record.unit.unwrap_or_default();
                let value = format!("{}{} = {value} {unit}", record.base_name, record.name);
                description.field(at + record.offset, 1, "record", value.trim_end());
            }
            Err(fault) => {
                let place = fault.offset.min(bytes.len());
                description.field(at + place, bytes.len() - place, "bytes", fault);
                return;
            }
        }
    }
}
