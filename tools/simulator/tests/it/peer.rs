//! A platform in miniature: tells the protocols apart by their first bytes, acknowledges, remembers frames.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::{Arc, Mutex};

use plomb_wire::{Crc16, xor8};

/// What the peer has been sent: whole frames, without their connection.
pub(crate) type Frames = Arc<Mutex<Vec<Vec<u8>>>>;

/// How the peer behaves.
#[derive(Clone, Copy, Default)]
pub(crate) struct Manners {
    /// Close the first connection after so many acknowledgements, and do not acknowledge the last few frames read.
    pub(crate) drop_after: Option<usize>,
}

/// Starts a peer; it lives as long as the test.
pub(crate) fn start(manners: Manners) -> (SocketAddr, Frames) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let frames = Frames::default();
    let seen = Arc::clone(&frames);
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let frames = Arc::clone(&seen);
            let drop_after = manners.drop_after.filter(|_| number == 0);
            std::thread::spawn(move || talk(stream.unwrap(), &frames, drop_after));
        }
    });
    (address, frames)
}

/// Starts a peer for datagrams: JT/T 808 and Teltonika.
pub(crate) fn start_datagrams() -> (SocketAddr, Frames) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let frames = Frames::default();
    let seen = Arc::clone(&frames);
    std::thread::spawn(move || {
        let mut buffer = [0; 65_536];
        while let Ok((count, from)) = socket.recv_from(&mut buffer) {
            let frame = &buffer[..count];
            seen.lock().unwrap().push(frame.to_vec());
            let answer = match frame[0] {
                0x7E => jt808(frame),
                // Header of 8 bytes, IMEI of 15, codec, count.
                _ => vec![0, 5, frame[2], frame[3], 1, frame[5], frame[24]],
            };
            socket.send_to(&answer, from).unwrap();
        }
    });
    (address, frames)
}

fn talk(mut stream: TcpStream, frames: &Frames, drop_after: Option<usize>) {
    let (mut pending, mut buffer, mut done) = (Vec::new(), [0; 65_536], 0);
    let mut teltonika = false;
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        pending.extend_from_slice(&buffer[..count]);
        let mut answers = Vec::new();
        while let Some((frame, answer)) = next(&mut pending, &mut teltonika) {
            frames.lock().unwrap().push(frame);
            if drop_after.is_none_or(|limit| done < limit) {
                done += usize::from(!answer.is_empty());
                answers.extend(answer);
            }
        }
        if stream.write_all(&answers).is_err() || drop_after.is_some_and(|limit| done >= limit) {
            return;
        }
    }
}

/// How long the frame at the front is, by the marks of each protocol.
fn length(pending: &[u8], teltonika: bool) -> Option<usize> {
    Some(match pending {
        [b'(', ..] => pending.iter().position(|b| *b == b')')? + 1,
        [b'$', b'$', ..] => pending.iter().position(|b| *b == b'\n')? + 1,
        [b'$', b'8', b'0', b'S', ..] => pending.iter().position(|b| *b == b'#')? + 1,
        [b'$', rest @ ..] => usize::from(u16::from_be_bytes([*rest.get(7)?, *rest.get(8)?])) + 10,
        [b'{', ..] => pending.windows(2).position(|part| part == b"]}")? + 2,
        [1, 0, 0, 11, 0, low, high, ..] => usize::from(u16::from_le_bytes([*low, *high])) + 13,
        // A header of DirectIP: its length of 28 follows its number.
        [1, high, low, 1, 0, 28, ..] => usize::from(u16::from_be_bytes([*high, *low])) + 3,
        [1, low, high, ..] => usize::from(u16::from_le_bytes([*low, *high]) & 0x7FFF) + 5,
        [b'@', ..] => usize::from(u16::from_le_bytes([*pending.get(12)?, *pending.get(13)?])) + 16,
        [b'~', b'T', ..] => 51,
        [b'~', b'A', count, ..] => usize::from(*count) * 44 + 4,
        [0x7F, ..] => 1,
        [0x7E, rest @ ..] => rest.iter().position(|b| *b == 0x7E)? + 2,
        [0x78, 0x78, length, ..] => usize::from(*length) + 5,
        [2, 0x55, _, low, high, ..] => usize::from(u16::from_le_bytes([*low, *high])) + 5,
        [b'*', ..] => pending.iter().position(|b| *b == b'#')? + 1,
        [b'#', b'A'..=b'Z', ..] => pending.iter().position(|b| *b == b'\n')? + 1,
        [b'#', ..] => pending.windows(3).position(|part| part == b"E##")? + 5,
        [b'S', ..] => pending.iter().position(|b| *b == b'\r')? + 1,
        [b'+', ..] => pending.iter().position(|b| *b == b'$')? + 1,
        [0x27, 0x27, _, high, low, ..] => usize::from(u16::from_be_bytes([*high, *low])),
        [0, 15, ..] if !teltonika => 17,
        // A packet of Wialon Retranslator: its identifier follows the length.
        [low, high, 0, 0, b'0'..=b'9', ..] => usize::from(u16::from_le_bytes([*low, *high])) + 4,
        [0, 0, 0, 0, a, b, c, d, ..] => u32::from_be_bytes([*a, *b, *c, *d]) as usize + 12,
        _ => return None,
    })
}

/// The next whole frame and its answer.
fn next(pending: &mut Vec<u8>, teltonika: &mut bool) -> Option<(Vec<u8>, Vec<u8>)> {
    let length = length(pending, *teltonika)?;
    if pending.len() < length {
        return None;
    }
    let frame: Vec<u8> = pending.drain(..length).collect();
    let answer = match frame[0] {
        b'(' if frame.windows(4).any(|w| w == b"@JT)") => Vec::new(),
        b'(' if !frame.contains(&b',') => tk103(&frame),
        b'(' => {
            let text = String::from_utf8(frame.clone()).unwrap();
            format!("(P69,0,{})", text.split(',').nth(16).unwrap()).into_bytes()
        }
        b'$' if frame[1] == b'$' || frame[1] == b'8' => Vec::new(),
        b'{' => b"{01}".to_vec(),
        1 if frame[3] == 11 => egts(&frame),
        1 if frame[3..6] == [1, 0, 28] => vec![1, 0, 4, 5, 0, 1, 1],
        b'@' if frame[16..].starts_with(b"*>S") => ntcb(b"*<S"),
        b'@' => ntcb(&[b"*<FLEX", &[0xB0, 0x0A, 0x0A][..]].concat()),
        b'~' if frame[1] == b'T' => [&frame[..6], &[0]].concat(),
        b'~' if frame[1] == b'A' => [&frame[..3], &[0]].concat(),
        0x7F => Vec::new(),
        1 => {
            let sum = Crc16::MODBUS.of(&frame[..length - 2]).to_le_bytes();
            assert_eq!(sum, frame[length - 2..]);
            [&[2][..], &sum].concat()
        }
        _ if frame[4].is_ascii_digit() && frame[2..4] == [0, 0] => vec![0x11],
        b'$' => format!("(P69,0,{})", frame[length - 1]).into_bytes(),
        0x7E => jt808(&frame),
        2 => match frame[2] {
            0 => vec![2, 0x55, 1, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            5 => vec![2, 0x55, 6, 1, 0, 1],
            _ => Vec::new(),
        },
        b'*' => Vec::new(),
        b'#' if frame[1] != b'#' => wialon_ips(&frame),
        b'#' => eseal(&frame),
        b'S' => Vec::new(),
        b'+' => queclink(&frame),
        0x27 => [&frame[..3], &[0, 15], &frame[5..15]].concat(),
        0x78 => {
            assert_eq!(Crc16::X25.of(&frame[2..length - 4]).to_be_bytes(), frame[length - 4..length - 2]);
            let mut answer = vec![0x78, 0x78, 5, frame[3], frame[length - 6], frame[length - 5]];
            answer.extend(Crc16::X25.of(&answer[2..]).to_be_bytes());
            answer.extend([0x0D, 0x0A]);
            answer
        }
        _ if !*teltonika => {
            *teltonika = true;
            vec![1]
        }
        _ => {
            let crc = u32::from_be_bytes(frame[length - 4..].try_into().unwrap());
            assert_eq!(u32::from(Crc16::ARC.of(&frame[8..length - 4])), crc);
            u32::from(frame[9]).to_be_bytes().to_vec()
        }
    };
    Some((frame, answer))
}

/// A handshake and an alarm are answered.
fn tk103(frame: &[u8]) -> Vec<u8> {
    let (number, body) = (&frame[1..13], &frame[13..]);
    match &body[..4] {
        b"BP00" => [b"(", number, b"AP01HSO)"].concat(),
        b"BO01" => [b"(", number, b"AS01", &body[4..5], b")"].concat(),
        _ => Vec::new(),
    }
}

/// A packet of NTCB; the devices do not look at its checksums.
fn ntcb(data: &[u8]) -> Vec<u8> {
    let head = [0, 0, 0, 0, 1, 0, 0, 0, u8::try_from(data.len()).unwrap(), 0, 0, 0];
    [&b"@NTC"[..], &head, data].concat()
}

/// Each record is answered by its number, an identity with the result too; the devices do not look at the checksums.
fn egts(frame: &[u8]) -> Vec<u8> {
    let packet = |kind: u8, data: &[u8]| {
        let length = u16::try_from(data.len()).unwrap().to_le_bytes();
        [&[1, 0, 0, 11, 0][..], &length, &[0, 0, kind, 0], data, &[0, 0]].concat()
    };
    let (mut answers, mut records, mut asks) =
        (vec![frame[7], frame[8], 0], &frame[11..frame.len() - 2], false);
    while let [low, high, number_low, number_high, _, service, _, rest @ ..] = records {
        answers.extend([6, 0, 0, 0, 0, *service, *service, 0, 3, 0, *number_low, *number_high, 0]);
        asks |= *service == 1;
        records = &rest[usize::from(u16::from_le_bytes([*low, *high]))..];
    }
    let mut answer = packet(0, &answers);
    if asks {
        answer.extend(packet(1, &[4, 0, 0, 0, 0, 1, 1, 9, 1, 0, 0]));
    }
    answer
}

/// Type, number, customer, firmware, message, index.
fn eseal(frame: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(frame).unwrap();
    let fields: Vec<&str> = text.split(',').collect();
    if fields[5].starts_with("RC-") {
        return Vec::new();
    }
    format!("{},{} ACK,{},E##\r\n", fields[..5].join(","), fields[5], fields[6]).into_bytes()
}

/// Each answer says how many records were read, one here; a ping has none.
fn wialon_ips(frame: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(frame).unwrap();
    match text.split('#').nth(1).unwrap() {
        "P" => b"#AP#\r\n".to_vec(),
        kind => format!("#A{kind}#1\r\n").into_bytes(),
    }
}

fn queclink(frame: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(frame).unwrap();
    let count = text.rsplit(',').next().unwrap();
    if text.starts_with("+ACK:GTHBD") {
        format!("+SACK:GTHBD,{},{count}", text.split(',').nth(1).unwrap()).into_bytes()
    } else {
        format!("+SACK:{count}").into_bytes()
    }
}

fn jt808(frame: &[u8]) -> Vec<u8> {
    let mut inner = Vec::new();
    let mut bytes = frame[1..frame.len() - 1].iter();
    while let Some(byte) = bytes.next() {
        inner.push(match byte {
            0x7D => 0x7C + bytes.next().unwrap(),
            byte => *byte,
        });
    }
    assert_eq!(xor8(&inner), 0, "checksum");
    let id = if inner[2] & 0x40 == 0 { &inner[4..10] } else { &inner[4..15] };
    let serial = &inner[4 + id.len()..6 + id.len()];
    let (message, body) = match inner[..2] {
        [0x01, 0x00] => ([0x81, 0x00], [serial, &[0], b"~code}"].concat()),
        [0x00, 0x01] => return Vec::new(),
        _ => ([0x80, 0x01], [serial, &inner[..2], &[0]].concat()),
    };
    let mut answer =
        [&message[..], &[inner[2] & 0x40, u8::try_from(body.len()).unwrap()], id, &[0, 1], &body].concat();
    answer.push(xor8(&answer));
    let mut escaped = vec![0x7E];
    for byte in answer {
        match byte {
            0x7D => escaped.extend([0x7D, 1]),
            0x7E => escaped.extend([0x7D, 2]),
            byte => escaped.push(byte),
        }
    }
    escaped.push(0x7E);
    escaped
}
