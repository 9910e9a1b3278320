//! Units of UN/ECE recommendation 20 that sensors and quantities come in, so that a value in one is found by another.

/// A unit: what it measures, how many base units it is, and where its zero lies, in base units.
struct Unit {
    code: &'static str,
    measures: Measure,
    factor: f64,
    zero: f64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Measure {
    Temperature,
    Mass,
    Length,
    Area,
    Volume,
    Time,
    Speed,
    Acceleration,
    Pressure,
    Energy,
    Power,
    Voltage,
    Current,
    Resistance,
    Frequency,
    Angle,
    AngularSpeed,
    Density,
    Illuminance,
    Ratio,
    Memory,
    Charge,
    Force,
    Radioactivity,
    AbsorbedDose,
    DoseEquivalent,
    VolumeFlow,
    MagneticFluxDensity,
}

const fn unit(code: &'static str, measures: Measure, factor: f64) -> Unit {
    Unit { code, measures, factor, zero: 0.0 }
}

use Measure as M;

/// Code, measure, factor. Base units are those of the SI.
const UNITS: &[Unit] = &[
    unit("KEL", M::Temperature, 1.0),
    Unit { code: "CEL", measures: M::Temperature, factor: 1.0, zero: 273.15 },
    Unit { code: "FAH", measures: M::Temperature, factor: 5.0 / 9.0, zero: 459.67 * 5.0 / 9.0 },
    unit("A48", M::Temperature, 5.0 / 9.0),
    unit("KGM", M::Mass, 1.0),
    unit("GRM", M::Mass, 1e-3),
    unit("MGM", M::Mass, 1e-6),
    unit("MC", M::Mass, 1e-9),
    unit("TNE", M::Mass, 1e3),
    unit("DTN", M::Mass, 100.0),
    unit("LBR", M::Mass, 0.453_592_37),
    unit("ONZ", M::Mass, 0.028_349_523_125),
    unit("STN", M::Mass, 907.184_74),
    unit("LTN", M::Mass, 1_016.046_908_8),
    unit("MTR", M::Length, 1.0),
    unit("KMT", M::Length, 1e3),
    unit("DMT", M::Length, 0.1),
    unit("CMT", M::Length, 0.01),
    unit("MMT", M::Length, 1e-3),
    unit("4H", M::Length, 1e-6),
    unit("FOT", M::Length, 0.3048),
    unit("INH", M::Length, 0.0254),
    unit("YRD", M::Length, 0.9144),
    unit("SMI", M::Length, 1_609.344),
    unit("NMI", M::Length, 1_852.0),
    unit("MTK", M::Area, 1.0),
    unit("CMK", M::Area, 1e-4),
    unit("KMK", M::Area, 1e6),
    unit("FTK", M::Area, 0.092_903_04),
    unit("HAR", M::Area, 1e4),
    unit("MTQ", M::Volume, 1.0),
    unit("LTR", M::Volume, 1e-3),
    unit("DLT", M::Volume, 1e-4),
    unit("CLT", M::Volume, 1e-5),
    unit("MLT", M::Volume, 1e-6),
    unit("HLT", M::Volume, 0.1),
    unit("DMQ", M::Volume, 1e-3),
    unit("CMQ", M::Volume, 1e-6),
    unit("FTQ", M::Volume, 0.028_316_846_592),
    unit("GLL", M::Volume, 3.785_411_784e-3),
    unit("GLI", M::Volume, 4.546_09e-3),
    unit("SEC", M::Time, 1.0),
    unit("C26", M::Time, 1e-3),
    unit("MIN", M::Time, 60.0),
    unit("HUR", M::Time, 3_600.0),
    unit("DAY", M::Time, 86_400.0),
    unit("WEE", M::Time, 604_800.0),
    unit("MTS", M::Speed, 1.0),
    unit("KMH", M::Speed, 1.0 / 3.6),
    unit("HM", M::Speed, 0.447_04),
    unit("KNT", M::Speed, 1_852.0 / 3_600.0),
    unit("FS", M::Speed, 0.3048),
    unit("2M", M::Speed, 0.01),
    unit("MSK", M::Acceleration, 1.0),
    unit("A76", M::Acceleration, 0.01),
    unit("K40", M::Acceleration, 9.806_65),
    unit("A73", M::Acceleration, 0.3048),
    unit("PAL", M::Pressure, 1.0),
    unit("A97", M::Pressure, 100.0),
    unit("KPA", M::Pressure, 1e3),
    unit("MPA", M::Pressure, 1e6),
    unit("BAR", M::Pressure, 1e5),
    unit("MBR", M::Pressure, 100.0),
    unit("ATM", M::Pressure, 101_325.0),
    unit("PS", M::Pressure, 6_894.757),
    unit("HN", M::Pressure, 133.322_387),
    unit("JOU", M::Energy, 1.0),
    unit("KJO", M::Energy, 1e3),
    unit("3B", M::Energy, 1e6),
    unit("WHR", M::Energy, 3_600.0),
    unit("KWH", M::Energy, 3.6e6),
    unit("MWH", M::Energy, 3.6e9),
    unit("WTT", M::Power, 1.0),
    unit("KWT", M::Power, 1e3),
    unit("MAW", M::Power, 1e6),
    unit("C31", M::Power, 1e-3),
    unit("VLT", M::Voltage, 1.0),
    unit("2Z", M::Voltage, 1e-3),
    unit("KVT", M::Voltage, 1e3),
    unit("AMP", M::Current, 1.0),
    unit("4K", M::Current, 1e-3),
    unit("B22", M::Current, 1e3),
    unit("OHM", M::Resistance, 1.0),
    unit("B49", M::Resistance, 1e3),
    unit("B75", M::Resistance, 1e6),
    unit("HTZ", M::Frequency, 1.0),
    unit("KHZ", M::Frequency, 1e3),
    unit("MHZ", M::Frequency, 1e6),
    unit("A86", M::Frequency, 1e9),
    unit("C81", M::Angle, 1.0),
    unit("DD", M::Angle, std::f64::consts::PI / 180.0),
    unit("D61", M::Angle, std::f64::consts::PI / 10_800.0),
    unit("D62", M::Angle, std::f64::consts::PI / 648_000.0),
    unit("2A", M::AngularSpeed, 1.0),
    unit("E96", M::AngularSpeed, std::f64::consts::PI / 180.0),
    unit("RPM", M::AngularSpeed, std::f64::consts::PI / 30.0),
    unit("KMQ", M::Density, 1.0),
    unit("23", M::Density, 1e3),
    unit("A93", M::Density, 1e-3),
    unit("GL", M::Density, 1.0),
    unit("M1", M::Density, 1e-3),
    unit("LUX", M::Illuminance, 1.0),
    unit("KLX", M::Illuminance, 1e3),
    unit("P25", M::Illuminance, 10.763_910_4),
    unit("C62", M::Ratio, 1.0),
    unit("P1", M::Ratio, 0.01),
    unit("59", M::Ratio, 1e-6),
    unit("61", M::Ratio, 1e-9),
    unit("NX", M::Ratio, 1e-3),
    unit("AD", M::Memory, 8.0),
    unit("A99", M::Memory, 1.0),
    unit("2P", M::Memory, 8e3),
    unit("4L", M::Memory, 8e6),
    unit("E34", M::Memory, 8e9),
    unit("COU", M::Charge, 1.0),
    unit("AMH", M::Charge, 3_600.0),
    unit("E09", M::Charge, 3.6),
    unit("NEW", M::Force, 1.0),
    unit("B47", M::Force, 1e3),
    unit("BQL", M::Radioactivity, 1.0),
    unit("2Q", M::Radioactivity, 1e3),
    unit("4N", M::Radioactivity, 1e6),
    unit("CUR", M::Radioactivity, 3.7e10),
    unit("A95", M::AbsorbedDose, 1.0),
    unit("C13", M::AbsorbedDose, 1e-3),
    unit("D13", M::DoseEquivalent, 1.0),
    unit("C28", M::DoseEquivalent, 1e-3),
    unit("MQS", M::VolumeFlow, 1.0),
    unit("MQH", M::VolumeFlow, 1.0 / 3_600.0),
    unit("L2", M::VolumeFlow, 1e-3 / 60.0),
    unit("G51", M::VolumeFlow, 1e-3),
    unit("D33", M::MagneticFluxDensity, 1.0),
    unit("C29", M::MagneticFluxDensity, 1e-3),
    unit("D81", M::MagneticFluxDensity, 1e-6),
];

/// A value of one unit in another; `None` when they do not measure the same. A `difference`, such as a standard
/// deviation, has no zero to move.
pub(super) fn convert(value: f64, from: &str, to: &str, difference: bool) -> Option<f64> {
    if from == to {
        return Some(value);
    }
    let find = |code: &str| UNITS.iter().find(|unit| unit.code == code);
    let (from, to) = (find(from)?, find(to)?);
    if from.measures != to.measures {
        return None;
    }
    if difference {
        return Some(value * from.factor / to.factor);
    }
    Some((value * from.factor + from.zero - to.zero) / to.factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temperatures_have_a_zero_and_differences_have_none() {
        let close =
            |value: Option<f64>, expected: f64| value.is_some_and(|value| (value - expected).abs() < 1e-9);
        assert!(close(convert(26.0, "CEL", "KEL", false), 299.15));
        assert!(close(convert(212.0, "FAH", "CEL", false), 100.0));
        assert!(close(convert(1.8, "FAH", "CEL", true), 1.0));
        assert!(close(convert(72.0, "KMH", "MTS", false), 20.0));
        assert_eq!(convert(1.0, "KGM", "MTR", false), None);
        assert_eq!(convert(1.0, "XYZ", "XYZ", false), Some(1.0));
    }

    #[test]
    fn no_code_stands_twice() {
        let mut codes: Vec<_> = UNITS.iter().map(|unit| unit.code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), UNITS.len());
    }
}
