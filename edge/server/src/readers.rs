//! Readers that are called, as the configuration has them.

use std::path::PathBuf;

use anyhow::{Context, anyhow, bail, ensure};
use plomb_ingest::{Reader, ReaderAntenna};
use serde::{Deserialize, Serialize};

/// `[[reader]]`. `deploy/plomb.toml` says what each key means.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ReaderConfig {
    pub(crate) name: String,
    address: String,
    enabled: bool,
    checkpoint: String,
    latitude: Option<f64>,
    longitude: Option<f64>,
    direction: String,
    read_tid: bool,
    read_tamper: bool,
    user_words: u16,
    keepalive_s: u32,
    report_ms: u32,
    session: u8,
    tls: bool,
    authority: PathBuf,
    antennas: Vec<AntennaConfig>,
    custom: Vec<CustomConfig>,
}

/// `[[reader.antennas]]`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
struct AntennaConfig {
    number: u16,
    name: String,
    direction: String,
    power_cdbm: Option<i16>,
}

/// `[[reader.custom]]`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct CustomConfig {
    vendor: u32,
    subtype: u8,
    data: String,
}

impl Default for ReaderConfig {
    fn default() -> Self {
        let reader = Reader::default();
        Self {
            name: reader.name,
            address: reader.address,
            enabled: reader.enabled,
            checkpoint: reader.checkpoint,
            latitude: None,
            longitude: None,
            direction: reader.direction,
            read_tid: reader.read_tid,
            read_tamper: reader.read_tamper,
            user_words: reader.user_words,
            keepalive_s: reader.keepalive_s,
            report_ms: reader.report_ms,
            session: reader.session,
            tls: false,
            authority: PathBuf::new(),
            antennas: Vec::new(),
            custom: Vec::new(),
        }
    }
}

impl ReaderConfig {
    /// The reader that is meant.
    ///
    /// # Errors
    /// What cannot be so.
    pub(crate) fn reader(&self) -> anyhow::Result<Reader> {
        let place_e7 = match (self.latitude, self.longitude) {
            (Some(latitude), Some(longitude)) => Some((e7(latitude), e7(longitude))),
            (None, None) => None,
            _ => bail!("latitude and longitude belong together"),
        };
        let authority = if self.tls {
            let file = &self.authority;
            ensure!(
                !file.as_os_str().is_empty(),
                "with tls, authority names a file with its certificate, or that of who signed it"
            );
            Some(std::fs::read(file).with_context(|| format!("authority = {}", file.display()))?)
        } else {
            None
        };
        let custom = |custom: &CustomConfig| {
            let data = plomb_wire::from_hex(&custom.data).map_err(|why| anyhow!("custom data: {why}"))?;
            Ok((custom.vendor, custom.subtype, data))
        };
        let reader = Reader {
            name: self.name.clone(),
            address: self.address.clone(),
            enabled: self.enabled,
            checkpoint: self.checkpoint.clone(),
            place_e7,
            direction: self.direction.clone(),
            antennas: self.antennas.iter().map(AntennaConfig::antenna).collect(),
            read_tid: self.read_tid,
            read_tamper: self.read_tamper,
            user_words: self.user_words,
            keepalive_s: self.keepalive_s,
            report_ms: self.report_ms,
            session: self.session,
            authority,
            custom: self.custom.iter().map(custom).collect::<anyhow::Result<_>>()?,
        };
        reader.gate().map_err(|why| anyhow!(why))?;
        Ok(reader)
    }
}

impl AntennaConfig {
    fn antenna(&self) -> ReaderAntenna {
        ReaderAntenna {
            number: self.number,
            name: self.name.clone(),
            direction: self.direction.clone(),
            power_cdbm: self.power_cdbm,
        }
    }
}

/// Degrees in units of 1e-7 degree, as a place is kept.
#[expect(clippy::cast_possible_truncation, reason = "float to integer casts saturate")]
const fn e7(degrees: f64) -> i64 {
    (degrees * 1e7).round() as i64
}
