//! Bad senders against the real server: a flood of bad frames neither delays nor loses another device's reports.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::server::Server;

/// A device waits so long for its answer at most while others flood the port; loaded machines are slow.
const ANSWER_MAX: Duration = Duration::from_secs(5);
const FLOODS: usize = 3;
const HEARTBEATS: u16 = 40;

/// The checksum of GT06: CRC-16/X-25.
fn checksum(bytes: &[u8]) -> u16 {
    let mut crc = 0xffff_u16;
    for byte in bytes {
        crc ^= u16::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0x8408 } else { crc >> 1 };
        }
    }
    !crc
}

fn frame(number: u8, content: &[u8], serial: u16) -> Vec<u8> {
    let mut inner = vec![u8::try_from(content.len() + 5).unwrap(), number];
    inner.extend_from_slice(content);
    inner.extend_from_slice(&serial.to_be_bytes());
    let crc = checksum(&inner);
    [&[0x78, 0x78], inner.as_slice(), &crc.to_be_bytes(), b"\r\n"].concat()
}

/// Sends bad frames as fast as they are taken, and calls again whenever the connection is closed.
fn flood(address: SocketAddr, stop: &AtomicBool) {
    let mut bad = frame(0x13, &[0x45, 6, 4, 0, 1], 7);
    let at = bad.len() - 3;
    bad[at] ^= 0xff;
    let many = bad.repeat(100);
    while !stop.load(Ordering::Relaxed) {
        let Ok(mut stream) = TcpStream::connect(address) else { continue };
        while !stop.load(Ordering::Relaxed) && stream.write_all(&many).is_ok() {}
    }
}

#[test]
fn a_flood_of_bad_frames_does_not_delay_another_device() {
    let mut server = Server::new();
    server.start();
    let token = server.log_in("viewer", "viewer");
    let address = SocketAddr::from(([127, 0, 0, 1], server.port("GT06_TCP")));
    let stop = Arc::new(AtomicBool::new(false));
    let floods: Vec<_> = (0..FLOODS)
        .map(|_| {
            let stop = Arc::clone(&stop);
            std::thread::spawn(move || flood(address, &stop))
        })
        .collect();
    std::thread::sleep(Duration::from_millis(500));

    let mut device = TcpStream::connect(address).unwrap();
    device.set_read_timeout(Some(ANSWER_MAX)).unwrap();
    let mut slowest = Duration::ZERO;
    for serial in 1..=HEARTBEATS {
        let sent = match serial {
            1 => frame(0x01, &[0x03, 0x53, 0x17, 0x30, 0x60, 0x00, 0x01, 0x23], serial),
            _ => frame(0x13, &[0x45, 6, 4, 0, 1], serial),
        };
        let began = Instant::now();
        device.write_all(&sent).unwrap();
        let mut answer = [0; 10];
        device.read_exact(&mut answer).expect("an answer in time");
        assert_eq!(answer[4..6], serial.to_be_bytes(), "the answer to this frame");
        slowest = slowest.max(began.elapsed());
        std::thread::sleep(Duration::from_millis(20));
    }
    stop.store(true, Ordering::Relaxed);
    for flood in floods {
        flood.join().unwrap();
    }
    println!("the slowest answer took {slowest:?}");
    let state = server.get_json("/api/v1/devices/imei:353173060000123", &token);
    assert_eq!(state["reports"], HEARTBEATS);
    let senders = &server.get_json("/api/v1/status", &token)["senders"];
    assert!(senders["bad_reports"].as_u64().unwrap() > 100, "{senders}");
    assert!(senders["bad_connections"].as_u64().unwrap() > 0, "{senders}");
    let (_, metrics) = server.get("/metrics", &token).unwrap();
    assert!(metrics.contains("plomb_ingest_bad_connections_total"), "{metrics}");
}

#[test]
fn a_web_sender_of_nonsense_is_told_and_its_good_messages_are_taken() {
    let mut server = Server::new();
    server.start();
    let token = server.log_in("viewer", "viewer");
    let mut kept = 0;
    let refused = loop {
        let (status, said) = server.post("/owntracks", r#"{"_type":"#);
        assert_eq!(status, 400, "{said}");
        if said.contains("further ones are not taken") && kept > 0 {
            break said;
        }
        kept += 1;
        assert!(kept < 1000, "{said}");
    };
    assert!(refused.contains("more bad reports in a minute"), "{refused}");
    server.post("/owntracks", r#"{"_type":"#);
    let location =
        r#"{"_type":"location","lat":-1.29,"lon":36.82,"tst":1767225600,"topic":"owntracks/ann/phone"}"#;
    let (status, said) = server.post("/owntracks?u=ann&d=phone", location);
    assert_eq!(status, 200, "{said}");
    let senders = &server.get_json("/api/v1/status", &token)["senders"];
    assert!(senders["dropped_messages"].as_u64().unwrap() >= 1, "{senders}");
}

/// Asks for the counts of bad senders until one of them has come this far.
fn wait_for(server: &Server, token: &str, name: &str, least: u64) -> u64 {
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        let counted = server.get_json("/api/v1/status", token)["senders"][name].as_u64().unwrap();
        if counted >= least {
            return counted;
        }
        assert!(Instant::now() < until, "{name} is {counted}, not {least}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn every_kind_of_bad_datagram_is_an_issue_and_a_flood_of_them_is_dropped() {
    let mut server = Server::new();
    server.start();
    let token = server.log_in("viewer", "viewer");
    let to = ("127.0.0.1", server.port("PLOMB_COAP_UDP"));
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let oversized = [&[0x40, 0x02, 0, 5, 0xb1, b's', 0xff][..], &[0; 1400]].concat();
    let unknown_key = [&[0x40, 0x02, 0, 4, 0x93, 0x09, 0x01, 0xab, 0xff][..], &[0x5a; 24]].concat();
    let kinds: [(&str, &[u8]); 5] = [
        ("no CoAP", &[0xff; 20]),
        ("no resource of ours", &[0x40, 0x02, 0, 1, 0xb1, b'x']),
        ("CBOR that breaks off", &[0x40, 0x02, 0, 2, 0xb1, b's', 0xff, 0x9f, 0x83]),
        ("a key that nobody knows", &unknown_key),
        ("an oversized message", &oversized),
    ];
    for (place, (what, datagram)) in (1..).zip(kinds) {
        socket.send_to(datagram, to).unwrap();
        assert_eq!(wait_for(&server, &token, "bad_reports", place), place, "{what}");
    }
    for number in 0_u8..200 {
        socket.send_to(&[0xff, number, 0, 0], to).unwrap();
        std::thread::sleep(Duration::from_millis(1));
    }
    wait_for(&server, &token, "dropped_messages", 50);
    let mut device = TcpStream::connect(("127.0.0.1", server.port("GT06_TCP"))).unwrap();
    device.set_read_timeout(Some(ANSWER_MAX)).unwrap();
    device.write_all(&frame(0x01, &[0x03, 0x53, 0x17, 0x30, 0x60, 0x00, 0x01, 0x23], 1)).unwrap();
    device.read_exact(&mut [0; 10]).expect("an answer in time");
}
