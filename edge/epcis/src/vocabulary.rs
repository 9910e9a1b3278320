//! The Core Business Vocabulary 2.0: which words there are, and how they are written in JSON (bare), in XML (URN) and as
//! web URIs (CBV 2.0, sections 7 and 8.9).

/// A standard vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vocabulary {
    /// Business steps.
    BizStep,
    /// Dispositions.
    Disposition,
    /// Types of business transactions.
    BizTransactionType,
    /// Types of sources and destinations.
    SourceDestType,
    /// Reasons of error declarations.
    ErrorReason,
    /// Components of measurements.
    Component,
    /// Types of measurements (GS1 Web Vocabulary).
    Measurement,
    /// Exceptions of sensors (GS1 Web Vocabulary).
    SensorAlert,
}

impl Vocabulary {
    /// The words.
    #[must_use]
    pub const fn words(self) -> &'static [&'static str] {
        match self {
            Self::BizStep => BIZ_STEPS,
            Self::Disposition => DISPOSITIONS,
            Self::BizTransactionType => BIZ_TRANSACTION_TYPES,
            Self::SourceDestType => SOURCE_DEST_TYPES,
            Self::ErrorReason => ERROR_REASONS,
            Self::Component => COMPONENTS,
            Self::Measurement => MEASUREMENTS,
            Self::SensorAlert => SENSOR_ALERTS,
        }
    }

    /// What stands before a word in its web URI.
    const fn web_prefix(self) -> &'static str {
        match self {
            Self::BizStep => "https://ref.gs1.org/cbv/BizStep-",
            Self::Disposition => "https://ref.gs1.org/cbv/Disp-",
            Self::BizTransactionType => "https://ref.gs1.org/cbv/BTT-",
            Self::SourceDestType => "https://ref.gs1.org/cbv/SDT-",
            Self::ErrorReason => "https://ref.gs1.org/cbv/ER-",
            Self::Component => "https://ref.gs1.org/cbv/Comp-",
            Self::Measurement | Self::SensorAlert => "https://gs1.org/voc/",
        }
    }

    /// What stands before a word as XML writes it: a URN where there is one.
    const fn xml_prefix(self) -> &'static str {
        match self {
            Self::BizStep => "urn:epcglobal:cbv:bizstep:",
            Self::Disposition => "urn:epcglobal:cbv:disp:",
            Self::BizTransactionType => "urn:epcglobal:cbv:btt:",
            Self::SourceDestType => "urn:epcglobal:cbv:sdt:",
            Self::ErrorReason => "urn:epcglobal:cbv:er:",
            Self::Component => "cbv:Comp-",
            Self::Measurement | Self::SensorAlert => "gs1:",
        }
    }

    /// The bare word of a web URI, a URN, a compact URI or a bare word; `None` for what is not of this vocabulary.
    #[must_use]
    pub fn bare(self, text: &str) -> Option<&'static str> {
        let web = self.web_prefix();
        let compact = match self {
            Self::Measurement | Self::SensorAlert => "gs1:",
            _ => "cbv:",
        };
        let local = web.rsplit_once('/').map_or(web, |(_, local)| local);
        let word = text
            .strip_prefix(web)
            .or_else(|| text.strip_prefix(self.xml_prefix()))
            .or_else(|| text.strip_prefix(compact)?.strip_prefix(local))
            .or_else(|| text.strip_prefix("https://www.gs1.org/voc/").filter(|_| local.is_empty()))
            .unwrap_or(text);
        self.words().iter().find(|known| **known == word).copied()
    }

    /// The web URI of a bare word of this vocabulary.
    #[must_use]
    pub fn web_uri(self, bare: &str) -> Option<String> {
        self.words().contains(&bare).then(|| format!("{}{bare}", self.web_prefix()))
    }

    /// A bare word of this vocabulary as XML writes it.
    #[must_use]
    pub fn xml(self, bare: &str) -> Option<String> {
        self.words().contains(&bare).then(|| format!("{}{bare}", self.xml_prefix()))
    }
}

/// CBV 2.0, section 7.1.
const BIZ_STEPS: &[&str] = &[
    "accepting",
    "arriving",
    "assembling",
    "collecting",
    "commissioning",
    "consigning",
    "creating_class_instance",
    "cycle_counting",
    "decommissioning",
    "departing",
    "destroying",
    "disassembling",
    "dispensing",
    "encoding",
    "entering_exiting",
    "holding",
    "inspecting",
    "installing",
    "killing",
    "loading",
    "other",
    "packing",
    "picking",
    "receiving",
    "removing",
    "repackaging",
    "repairing",
    "replacing",
    "reserving",
    "retail_selling",
    "shipping",
    "staging_outbound",
    "stock_taking",
    "stocking",
    "storing",
    "transporting",
    "unloading",
    "unpacking",
    "void_shipping",
    "sensor_reporting",
    "sampling",
];
/// CBV 2.0, section 7.2.
const DISPOSITIONS: &[&str] = &[
    "active",
    "container_closed",
    "damaged",
    "destroyed",
    "dispensed",
    "disposed",
    "encoded",
    "expired",
    "in_progress",
    "in_transit",
    "inactive",
    "no_pedigree_match",
    "non_sellable_other",
    "partially_dispensed",
    "recalled",
    "reserved",
    "retail_sold",
    "returned",
    "sellable_accessible",
    "sellable_not_accessible",
    "stolen",
    "unknown",
    "available",
    "completeness_verified",
    "completeness_inferred",
    "conformant",
    "container_open",
    "mismatch_instance",
    "mismatch_class",
    "mismatch_quantity",
    "needs_replacement",
    "non_conformant",
    "unavailable",
];
/// CBV 2.0, section 7.3.
const BIZ_TRANSACTION_TYPES: &[&str] = &[
    "bol",
    "cert",
    "desadv",
    "inv",
    "pedigree",
    "po",
    "poc",
    "prodorder",
    "recadv",
    "rma",
    "testprd",
    "testres",
    "upevt",
];
/// CBV 2.0, section 7.4.
const SOURCE_DEST_TYPES: &[&str] = &["owning_party", "possessing_party", "location"];
/// CBV 2.0, section 7.5.
const ERROR_REASONS: &[&str] = &["did_not_occur", "incorrect_data"];
/// CBV 2.0, section 7.6.
const COMPONENTS: &[&str] = &[
    "x",
    "y",
    "z",
    "axial_distance",
    "azimuth",
    "height",
    "spherical_radius",
    "polar_angle",
    "elevation_angle",
    "easting",
    "northing",
    "latitude",
    "longitude",
    "altitude",
];
/// GS1 Web Vocabulary, MeasurementType.
const MEASUREMENTS: &[&str] = &[
    "AbsoluteHumidity",
    "AbsorbedDose",
    "AbsorbedDoseRate",
    "Acceleration",
    "Radioactivity",
    "Altitude",
    "AmountOfSubstance",
    "AmountOfSubstancePerUnitVolume",
    "Angle",
    "AngularAcceleration",
    "AngularMomentum",
    "AngularVelocity",
    "Area",
    "Capacitance",
    "Conductance",
    "Conductivity",
    "Count",
    "Density",
    "Dimensionless",
    "DoseEquivalent",
    "DoseEquivalentRate",
    "DynamicViscosity",
    "ElectricCharge",
    "ElectricCurrent",
    "ElectricCurrentDensity",
    "ElectricFieldStrength",
    "Energy",
    "Exposure",
    "Force",
    "Frequency",
    "Illuminance",
    "Inductance",
    "Irradiance",
    "KinematicViscosity",
    "Length",
    "LinearMomentum",
    "Luminance",
    "LuminousFlux",
    "LuminousIntensity",
    "MagneticFlux",
    "MagneticFluxDensity",
    "MagneticVectorPotential",
    "Mass",
    "MassConcentration",
    "MassFlowRate",
    "MassPerAreaTime",
    "MemoryCapacity",
    "MolalityOfSolute",
    "MolarEnergy",
    "MolarMass",
    "MolarVolume",
    "Power",
    "Pressure",
    "RadiantFlux",
    "RadiantIntensity",
    "RelativeHumidity",
    "Resistance",
    "Resistivity",
    "SolidAngle",
    "SpecificVolume",
    "Speed",
    "SurfaceDensity",
    "SurfaceTension",
    "Temperature",
    "Time",
    "Torque",
    "Voltage",
    "Volume",
    "VolumeFlowRate",
    "VolumeFraction",
    "VolumetricFlux",
    "Wavenumber",
];
/// GS1 Web Vocabulary, SensorAlertType.
const SENSOR_ALERTS: &[&str] = &["ALARM_CONDITION", "ERROR_CONDITION"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_writing_is_one_word() {
        for text in [
            "shipping",
            "urn:epcglobal:cbv:bizstep:shipping",
            "https://ref.gs1.org/cbv/BizStep-shipping",
            "cbv:BizStep-shipping",
        ] {
            assert_eq!(Vocabulary::BizStep.bare(text), Some("shipping"), "{text}");
        }
        assert_eq!(Vocabulary::Measurement.bare("gs1:Temperature"), Some("Temperature"));
        assert_eq!(Vocabulary::Measurement.bare("https://www.gs1.org/voc/Temperature"), Some("Temperature"));
        assert_eq!(Vocabulary::BizStep.bare("https://example.com/shipping"), None);
        assert_eq!(
            Vocabulary::Disposition.web_uri("in_transit").as_deref(),
            Some("https://ref.gs1.org/cbv/Disp-in_transit")
        );
        assert_eq!(Vocabulary::SensorAlert.xml("ALARM_CONDITION").as_deref(), Some("gs1:ALARM_CONDITION"));
    }
}
