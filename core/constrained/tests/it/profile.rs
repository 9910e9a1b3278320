//! One-time codes are HOTP with SHA-256: the values of RFC 6238, appendix B.

use plomb_constrained::profile::opening_code;

#[test]
fn codes_are_those_of_the_standard() {
    let key = b"12345678901234567890123456789012";
    for (counter, code) in [
        (0x0000_0000_0000_0001_u64, "46119246"),
        (0x0000_0000_0235_23EC, "68084774"),
        (0x0000_0000_0235_23ED, "67062674"),
        (0x0000_0000_0273_EF07, "91819424"),
        (0x0000_0000_03F9_40AA, "90698825"),
        (0x0000_0000_27BC_86AA, "77737706"),
    ] {
        let (arming, until_h) = ((counter >> 32) as u32, counter as u32);
        assert_eq!(opening_code(key, arming, until_h), code.as_bytes(), "{counter:x}");
    }
}
