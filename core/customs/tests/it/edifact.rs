//! UN/EDIFACT: messages written for this test after the directory D.95B.

use plomb_customs::{SealReading, read_edifact};

const GATE_OUT: &str = "UNA:+.? '
UNB+UNOA:2+KEMBA+CARRIER+261128:1030+1'
UNH+77+CODECO:D:95B:UN:ITG14'
BGM+36+G-1+9'
DTM+137:202611281030:203'
LOC+165+KEMBA:139:6'
EQD+CN+CSQU3054383+45G1:102:5++2+5'
DTM+7:202611281015:203'
SEL+ML-1234+CA+1'
SEL+KE?'77?+?:X+CU:::+4'
EQD+CN+MSKU6011672+22G1:102:5++2+5'
UNT+10+77'
UNH+78+APERAK:D:96A:UN'
EQD+CN+TEMU0000000'
UNT+3+78'
UNZ+2+1'
";

#[test]
fn containers_and_their_seals_are_read() {
    let reports = read_edifact(GATE_OUT.as_bytes()).unwrap();
    assert_eq!(reports.len(), 2, "an APERAK says nothing of containers: {reports:?}");
    let first = &reports[0];
    assert_eq!((first.message.as_str(), first.reference.as_str()), ("CODECO", "77"));
    assert_eq!(
        (first.container.as_str(), first.place.as_str(), first.time.as_str()),
        ("CSQU3054383", "KEMBA", "202611281015")
    );
    let seal = |number: &str, party: &str, condition| SealReading {
        number: number.into(),
        party: party.into(),
        condition: Some(condition),
    };
    assert_eq!(first.seals, [seal("ML-1234", "CA", 1), seal("KE'77+:X", "CU", 4)]);
    let second = &reports[1];
    assert_eq!(
        (second.container.as_str(), second.seals.len(), second.time.as_str()),
        ("MSKU6011672", 0, "202611281030")
    );
}

#[test]
fn other_signs_and_no_line_breaks() {
    let text = "UNA|*.! ~UNB*UNOA|2*A*B*261128|1030*1~UNH*1*COARRI|D|95B|UN~EQD*CN*CSQU3054383~SEL*A!*B*SH~UNT*4*1~UNZ*1*1~";
    let reports = read_edifact(text.as_bytes()).unwrap();
    assert_eq!((reports[0].seals[0].number.as_str(), reports[0].seals[0].party.as_str()), ("A*B", "SH"));
    assert_eq!(reports[0].seals[0].condition, None);
}

#[test]
fn what_is_not_whole_is_refused() {
    for (text, field) in [
        ("", "segment 1"),
        ("hello", "segment 1"),
        ("UNA:+", "segment 1"),
        ("UNH+1+CODECO:D:95B:UN'", "file"),
        ("UNH+1+CODECO:D:95B:UN'EQD+CN", "segment 2"),
        ("UNH+1+CODECO'UNH+2+CODECO'", "segment 2"),
        ("UNB+1'UNT+1+1'UNZ+1+1'", "segment 2"),
        ("UNH+1+CODECO'SEL+A'UNT+4+1'", "segment 3"),
        ("UNB+1'UNH+1+CODECO'UNT+2+1'", "file"),
    ] {
        assert_eq!(read_edifact(text.as_bytes()).unwrap_err().field, field, "{text}");
    }
}

#[test]
fn latin_1_is_read() {
    let text = b"UNB+UNOC:3+A+B+261128:1030+1'UNH+1+CODECO:D:95B:UN'EQD+CN+CSQU3054383'SEL+\xC5-1+CU'UNT+4+1'UNZ+1+1'";
    assert_eq!(read_edifact(text).unwrap()[0].seals[0].number, "\u{c5}-1");
}
