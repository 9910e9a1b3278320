//! Nanoseconds a frame and frames a second from bytes to events, on one core, for each protocol.
//!
//! The frames are typical position reports out of `vectors/`, given to a session that knows its device, as on a
//! connection; what is measured is `receive` and `finish` with everything that comes of them, and clearing the result.
//! Run with `cargo bench -p plomb-devices`.

use std::fmt;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use plomb_devices::{Decoded, SessionConfig, open};
use plomb_model::{Protocol, ReceivedAt, Timestamp};

/// One kind of frame of one protocol.
struct Case {
    /// The protocol.
    protocol: Protocol,
    /// What the frame is.
    name: &'static str,
    /// The file in `vectors/`.
    file: &'static str,
    /// The line of the frame that introduces the device; empty where the protocol has none.
    login: &'static str,
    /// The line of the frame.
    frame: &'static str,
}

const fn case(
    protocol: Protocol,
    name: &'static str,
    file: &'static str,
    login: &'static str,
    frame: &'static str,
) -> Case {
    Case { protocol, name, file, login, frame }
}

const JT808: &str = "trackers/jt808.jsonl";
const TELTONIKA: &str = "trackers/teltonika.jsonl";
const TELTONIKA_LOGIN: &str = "TeltonikaProtocolDecoderTest.testDecode#0";

/// The table: one line a case.
#[rustfmt::skip]
const CASES: &[Case] = &[
    case(Protocol::Jointech, "binary position of a lock", "trackers/jointech-synthetic.jsonl", "", "jointech-synthetic.locked"),
    case(Protocol::Jt808, "position with 9 items", JT808, "", "Jt808ProtocolDecoderTest.testDecode#6"),
    case(Protocol::Meitrack, "position in words", "trackers/meitrack.jsonl", "", "MeitrackProtocolDecoderTest.testDecode#15"),
    case(Protocol::Topflytech, "position of an asset tracker", "trackers/topflytech.jsonl", "", "T800xProtocolDecoderTest.testDecode#11"),
    case(Protocol::Queclink, "text with a position", "trackers/queclink.jsonl", "", "Gl200TextProtocolDecoderTest.testDecode#105"),
    case(Protocol::Eseal, "report of a seal", "trackers/eseal.jsonl", "", "EsealProtocolDecoderTest.testDecode#0"),
    case(Protocol::Suntech, "line of a status", "trackers/suntech-synthetic.jsonl", "", "suntech-synthetic.stored"),
    case(Protocol::Gt06, "position with alarm of a lock", "trackers/gt06-synthetic.jsonl", "login", "alarm-00"),
    case(Protocol::Teltonika, "codec 8, 1 record of 14 elements", TELTONIKA, TELTONIKA_LOGIN, "TeltonikaProtocolDecoderTest.testDecode#41"),
    case(Protocol::Teltonika, "codec 8E, 1 record of 15 elements", TELTONIKA, TELTONIKA_LOGIN, "TeltonikaProtocolDecoderTest.testDecode#44"),
    case(Protocol::Teltonika, "codec 8, 8 records of 25 elements", TELTONIKA, TELTONIKA_LOGIN, "TeltonikaProtocolDecoderTest.testDecode#27"),
    case(Protocol::Osmand, "query with 9 parameters", "trackers/osmand-synthetic.jsonl", "", "osmand-synthetic.query-alone"),
    case(Protocol::Owntracks, "location with 12 members", "trackers/owntracks-synthetic.jsonl", "", "owntracks-synthetic.location"),
    case(Protocol::Digitalmatter, "2 records of 64 bytes", "trackers/digitalmatter.jsonl", "", "DmtProtocolDecoderTest.testDecode#4"),
    case(Protocol::Iridium, "header, payload and location", "trackers/iridium-synthetic.jsonl", "", "iridium-synthetic.location"),
    case(Protocol::Rockblock, "form", "trackers/rockblock-synthetic.jsonl", "", "rockblock-synthetic.form"),
    case(Protocol::Flespi, "2 messages", "trackers/flespi.jsonl", "", "FlespiProtocolDecoderTest.testDecode#0"),
    case(Protocol::Sigfox, "uplink of tags", "trackers/sigfox.jsonl", "", "SigfoxProtocolDecoderTest.testDecode#8"),
    case(Protocol::Globalstar, "message of a simplex transmitter", "trackers/globalstar.jsonl", "", "GlobalstarProtocolDecoderTest.testDecode#2"),
    case(Protocol::Spot, "one message", "trackers/spot.jsonl", "", "SpotProtocolDecoderTest.testDecode#0"),
    case(Protocol::Bthome, "plain temperature and humidity", "semi-active/bthome.jsonl", "", "bthome.test_bthome_temperature_humidity#37"),
    case(Protocol::Ruuvi, "data format 5", "semi-active/ruuvi.jsonl", "", "ruuvi.df5#0"),
    case(Protocol::Eye, "sensor with door and temperature", "semi-active/eye.jsonl", "", "eye.sensor"),
    case(Protocol::Tk103, "position of the older layout", "trackers/tk103.jsonl", "", "Tk103ProtocolDecoderTest.testDecode#34"),
    case(Protocol::H02, "position in text", "trackers/h02.jsonl", "", "H02ProtocolDecoderTest.testDecode#31"),
    case(Protocol::H02, "binary position", "trackers/h02.jsonl", "", "H02ProtocolDecoderTest.testDecode#6"),
    case(Protocol::Egts, "2 records of 5 subrecords", "trackers/egts.jsonl", "EgtsProtocolDecoderTest.testDecodeWithAuth#1", "EgtsProtocolDecoderTest.testDecodeWithAuth#4"),
    case(Protocol::Navtelecom, "array of one F6 record", "trackers/navtelecom.jsonl", "", "NavisProtocolDecoderTest.testDecodeNtcb#7"),
    case(Protocol::WialonIps, "full record", "trackers/wialon-ips.jsonl", "WialonProtocolDecoderTest.testDecode#6", "WialonProtocolDecoderTest.testDecode#10"),
    case(Protocol::WialonRetranslator, "position and 2 parameters", "trackers/wialon-retranslator.jsonl", "", "RetranslatorProtocolDecoderTest.testDecode#0"),
    case(Protocol::Envotech, "text of a vehicle tracker", "trackers/envotech.jsonl", "", "EnvotechProtocolDecoderTest.testDecode#0"),
    case(Protocol::Teratrack, "lock with 2 sub-locks", "trackers/teratrack.jsonl", "", "TeraTrackProtocolDecoderTest.testDecode#1"),
    case(Protocol::Galileosky, "packet of 5 records", "trackers/galileosky.jsonl", "", "GalileoProtocolDecoderTest.testDecode#2"),
    case(Protocol::Llrp, "tag report of a reader", "passive/llrp.jsonl", "", "edgex-ROAccessReport-009"),
    case(Protocol::Impinj, "one read of a tag", "passive/impinj-synthetic.jsonl", "", "impinj-synthetic.read"),
    case(Protocol::Chirpstack, "uplink with codec", "semi-active/chirpstack-synthetic.jsonl", "", "chirpstack-synthetic.cayenne"),
    case(Protocol::EddystoneEid, "telemetry", "semi-active/eddystone-eid-synthetic.jsonl", "", "eddystone-eid-synthetic.tlm"),
    case(Protocol::Theengs, "door heard by a gateway", "semi-active/theengs-synthetic.jsonl", "", "theengs-synthetic.bthome-door"),
    case(Protocol::Aprilbrother, "four tags in MessagePack", "semi-active/aprilbrother-synthetic.jsonl", "", "aprilbrother-synthetic.msgpack"),
    case(Protocol::ESealJson, "opened, with its log", "semi-active/e-seal-json-synthetic.jsonl", "", "e-seal-json-synthetic.log"),
    case(Protocol::Zebra, "one read of a tag", "passive/zebra-synthetic.jsonl", "", "zebra-synthetic.tid-and-user"),
    case(Protocol::PlombCoap, "plain position in SenML", "profile/plomb-coap.jsonl", "", "plomb-coap.claimed"),
    case(Protocol::PlombMqtt, "plain position in SenML", "profile/plomb-mqtt.jsonl", "", "plomb-mqtt.claimed"),
];

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.protocol.name(), self.name)
    }
}

impl Case {
    /// The bytes of a line.
    fn bytes(&self, id: &str) -> Vec<u8> {
        let path = format!("{}/../../vectors/{}", env!("CARGO_MANIFEST_DIR"), self.file);
        #[expect(clippy::disallowed_methods, reason = "a benchmark reads its vectors")]
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let mut lines = text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        let line = lines.find(|line| line.get("id").is_some_and(|found| found == id));
        assert!(line.is_some(), "{path} has no frame {id}");
        let line = line.unwrap_or_default();
        let field = |name: &str| line.get(name).and_then(serde_json::Value::as_str);
        match (field("hex"), field("text")) {
            (Some(hex), _) => plomb_wire::from_hex(hex).unwrap_or_default(),
            (None, text) => text.unwrap_or_default().as_bytes().to_vec(),
        }
    }
}

fn main() {
    divan::main();
}

/// `receive` and `finish` of one frame.
#[divan::bench(args = CASES, sample_size = 1000)]
fn decode(bencher: Bencher<'_, '_>, case: &Case) {
    let now = ReceivedAt(Timestamp::from_secs(1_760_000_000));
    let mut session = open(case.protocol, SessionConfig::default());
    let mut out = Decoded::default();
    if !case.login.is_empty() {
        session.receive(now, &case.bytes(case.login), &mut out);
        out.clear();
    }
    let frame = case.bytes(case.frame);
    session.receive(now, &frame, &mut out);
    session.finish(now, &mut out);
    let decoded = out.reports().any(|report| report.issues.is_empty() && !report.events.is_empty());
    assert!(decoded, "{case}: the frame does not decode");
    bencher.counter(ItemsCount::new(1_usize)).counter(BytesCount::new(frame.len())).bench_local(|| {
        out.clear();
        session.receive(now, black_box(&frame), &mut out);
        session.finish(now, &mut out);
        out.len()
    });
}
