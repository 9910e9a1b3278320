//! Bad senders: what they cost is limited, and others are heard as before.

use std::sync::atomic::{AtomicU64, Ordering};

use plomb_ingest::limits::{BAD_REPORTS_A_MINUTE_MAX, BAD_REPORTS_AN_ADDRESS_A_MINUTE_MAX};
use plomb_ingest::{serve_tcp, serve_udp};
use plomb_model::Protocol;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};

use crate::platform::{Platform, Told, platform};

/// A heartbeat of GT06 with a wrong checksum.
const BAD: &[u8] = &[0x78, 0x78, 0x0a, 0x13, 0x45, 0x06, 0x04, 0x00, 0x01, 0x00, 0x0f, 0, 0, 0x0d, 0x0a];
/// The first request of Wialon IPS, of which version 1.1 has no checksum.
const GOOD: &[u8] = b"#L#353173060000123;NA\r\n";
const BAD_WIALON: &[u8] = b"#NOSUCH#1;2;3\r\n";

fn count(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

async fn call(platform: &Platform) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve_tcp(listener, platform.listening.clone()));
    address
}

/// What is told up to the end of the conversation: bad reports, the last issue, the reason of the end.
async fn until_closed(platform: &mut Platform) -> (u32, String, String) {
    let (mut bad, mut last) = (0, String::new());
    loop {
        match platform.next().await.expect("the conversation ends") {
            Told::Opened(_) => {}
            Told::Report(_, 0, issues) => {
                bad += 1;
                last = issues.last().cloned().unwrap_or_default();
            }
            Told::Report(..) => panic!("nothing good was sent"),
            Told::Closed(_, reason) => return (bad, last, reason),
        }
    }
}

#[tokio::test]
async fn a_connection_that_brings_too_many_bad_frames_is_closed_with_one_issue() {
    let mut platform = platform(Protocol::Gt06, 0);
    let mut stream = TcpStream::connect(call(&platform).await).await.unwrap();
    for _ in 0..BAD_REPORTS_A_MINUTE_MAX {
        stream.write_all(BAD).await.unwrap();
    }
    stream.write_all(BAD).await.ok();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.ok();
    let (bad, last, reason) = until_closed(&mut platform).await;
    assert!(bad > BAD_REPORTS_A_MINUTE_MAX, "{bad}: each frame is kept until then");
    assert!(last.contains("more bad reports in a minute than a sender may bring"), "{last}");
    assert_eq!(reason, "too many bad reports in a minute");
    assert_eq!(count(&platform.listening.counters.bad_connections), 1);
    assert_eq!(count(&platform.listening.counters.bad_reports), u64::from(bad));
}

#[tokio::test]
async fn a_connection_whose_proofs_do_not_count_is_closed() {
    let mut platform = platform(Protocol::WialonIps, BAD_REPORTS_A_MINUTE_MAX + 1);
    let mut stream = TcpStream::connect(call(&platform).await).await.unwrap();
    stream.write_all(GOOD).await.unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    loop {
        if let Told::Closed(_, reason) = platform.next().await.expect("the conversation ends") {
            assert_eq!(reason, "too many bad reports in a minute");
            return;
        }
    }
}

#[tokio::test]
async fn datagrams_of_a_bad_sender_are_dropped_and_another_is_heard() {
    let mut platform = platform(Protocol::WialonIps, 0);
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(serve_udp(socket, platform.listening.clone()));
    let (bad, good) =
        (UdpSocket::bind("127.0.0.1:0").await.unwrap(), UdpSocket::bind("127.0.0.1:0").await.unwrap());
    let mut said = Vec::new();
    for _ in 0..=BAD_REPORTS_A_MINUTE_MAX {
        bad.send_to(BAD_WIALON, address).await.unwrap();
        loop {
            if let Told::Report(_, events, issues) = platform.next().await.unwrap() {
                assert_eq!(events, 0);
                said.push(issues);
                break;
            }
        }
    }
    let told = |issues: &Vec<String>| issues.iter().any(|issue| issue.contains("more bad reports"));
    assert_eq!(said.iter().position(told), Some(said.len() - 1), "once, of the one that broke the limit");
    for _ in 0..50 {
        bad.send_to(BAD_WIALON, address).await.unwrap();
    }
    good.send_to(GOOD, address).await.unwrap();
    let Some(Told::Opened(other)) = platform.next().await else { panic!("the other is heard") };
    let Some(Told::Report(whose, 1, _)) = platform.next().await else { panic!("and understood") };
    assert_eq!(whose, other);
    assert_eq!(platform.next().await, None, "of the first nothing bad is taken");
    assert_eq!(count(&platform.listening.counters.dropped_messages), 50);
    bad.send_to(GOOD, address).await.unwrap();
    let Some(Told::Report(_, 1, issues)) = platform.next().await else { panic!("what is good is taken") };
    assert!(issues[0].contains("dropped") && issues[0].contains("50"), "{issues:?}");
}

#[tokio::test]
async fn an_address_that_costs_too_much_costs_nothing_to_devices_that_share_it() {
    let mut platform = platform(Protocol::Gt06, 0);
    let address = call(&platform).await;
    let mut bad = 0;
    while bad <= BAD_REPORTS_AN_ADDRESS_A_MINUTE_MAX {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(&BAD.repeat(BAD_REPORTS_A_MINUTE_MAX as usize + 1)).await.ok();
        stream.read_to_end(&mut Vec::new()).await.ok();
        bad += until_closed(&mut platform).await.0;
    }
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(BAD).await.unwrap();
    stream.read_to_end(&mut Vec::new()).await.ok();
    let (bad, _, reason) = until_closed(&mut platform).await;
    assert_eq!((bad, reason.as_str()), (1, "too many bad reports in a minute"), "its first is its last");
    let mut device = TcpStream::connect(address).await.unwrap();
    let login = [
        0x78, 0x78, 0x0d, 0x01, 0x01, 0x23, 0x45, 0x67, 0x89, 0x01, 0x23, 0x45, 0x00, 0x01, 0x8c, 0xdd, 0x0d,
        0x0a,
    ];
    device.write_all(&login).await.unwrap();
    let mut answer = [0; 10];
    device.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer[..4], [0x78, 0x78, 0x05, 0x01], "a device at the same address logs in");
    device.write_all(BAD).await.unwrap();
    loop {
        match platform.next().await {
            Some(Told::Closed(..)) => panic!("one bad frame is nothing"),
            Some(_) => {}
            None => break,
        }
    }
}
