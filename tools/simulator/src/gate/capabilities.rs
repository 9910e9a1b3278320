//! What the reader says it can do: GET_READER_CAPABILITIES_RESPONSE, section 10.2 of the standard.

use super::reader::ANTENNAS;
use super::wire::tlv;

/// A private enterprise number that is kept for examples (RFC 5612).
const MAKER: u32 = 32_473;
const MODEL: u32 = 1;
const FIRMWARE: &[u8] = b"plomb-simulator";

/// Everything but the status.
pub(super) fn capabilities() -> Vec<u8> {
    let general = {
        let sensitivity = tlv(139, &[0, 1, 0, 0]);
        let ports = tlv(141, &[0, 4, 0, 4]);
        let air = (1..=ANTENNAS).map(|antenna| tlv(140, &[&antenna.to_be_bytes()[..], &[0, 1, 1]].concat()));
        let length = u16::try_from(FIRMWARE.len()).unwrap_or_default();
        let mut body = vec![
            ANTENNAS.to_be_bytes().to_vec(),
            // A clock of its own, antennas as they are.
            vec![0x40, 0],
            MAKER.to_be_bytes().to_vec(),
            MODEL.to_be_bytes().to_vec(),
            length.to_be_bytes().to_vec(),
            FIRMWARE.to_vec(),
            sensitivity,
            ports,
        ];
        body.extend(air);
        tlv(137, &body.concat())
    };
    // Holds reports; one priority; 4 ROSpecs, 4 specs in each, 4 inventories, 8 AccessSpecs, 8 operations in each.
    let limits = [&[0x48, 1, 0, 0][..], &[4_u32, 4, 4, 8, 8].map(u32::to_be_bytes).concat()].concat();
    let regulatory = {
        // 10 to 30 dBm in steps of 1 dBm; antennas hop over four channels.
        let power = |index: u16| {
            let hundredths = 900 + 100 * index;
            tlv(145, &[index.to_be_bytes(), hundredths.to_be_bytes()].concat())
        };
        let powers: Vec<u8> = (1..=21).flat_map(power).collect();
        let channels = [865_700_u32, 866_300, 866_900, 867_500].map(u32::to_be_bytes).concat();
        let hopping = tlv(146, &[&[0x80][..], &tlv(147, &[&[1, 0, 0, 4][..], &channels].concat())].concat());
        let numbers = [0_u32, 274_000, 1500, 25_000, 25_000, 0].map(u32::to_be_bytes);
        let [mode, rate, pie, least, most, step] = numbers;
        let mode = tlv(329, &[&mode[..], &[0x80, 2, 0, 2], &rate, &pie, &least, &most, &step].concat());
        let band = [powers, hopping, tlv(328, &mode)].concat();
        let country = [&404_u16.to_be_bytes()[..], &2_u16.to_be_bytes()].concat();
        tlv(143, &[country, tlv(144, &band)].concat())
    };
    [general, tlv(142, &limits), regulatory, tlv(327, &[0, 0, 1])].concat()
}
