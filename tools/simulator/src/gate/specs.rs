//! What a host has asked for: ROSpecs and AccessSpecs, read out of its messages (sections 11 to 13 of the standard).

use super::wire::{behind, byte, double, parameter, parameters, word};

/// When an inventory begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begin {
    /// When the host says so.
    Told,
    /// As soon as it is enabled.
    Enabled,
    /// Every so many milliseconds.
    Every(u64),
}

/// Where a ROSpec stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Disabled,
    Inactive,
    /// Since when, milliseconds.
    Active(u64),
}

/// An inventory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RoSpec {
    pub(super) id: u32,
    pub(super) state: State,
    pub(super) begin: Begin,
    /// How long one run lasts, milliseconds; none until it is stopped.
    pub(super) lasts_ms: Option<u64>,
    /// Antennas; empty for all.
    pub(super) antennas: Vec<u16>,
    /// A report after so many tags; 0 for the end of a run only.
    pub(super) tags_per_report: u16,
    /// Which fields a report has.
    pub(super) content: u16,
    /// As it came, for a host that asks.
    pub(super) wire: Vec<u8>,
    /// When a run was due last, for those that begin every so often.
    pub(super) due_ms: u64,
}

impl RoSpec {
    /// Out of the parameter's body; none when a part is missing without which it cannot be.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let parts = behind(body, 6);
        let boundary = parameter(parts, 178)?;
        let (start, stop) = (parameter(boundary, 179)?, parameter(boundary, 182)?);
        let begin = match byte(start, 0) {
            1 => Begin::Enabled,
            2 => Begin::Every(u64::from(double(parameter(behind(start, 1), 180)?, 4)).max(1)),
            _ => Begin::Told,
        };
        let inventory = parameter(parts, 183)?;
        let count = usize::from(word(inventory, 0));
        let antennas: Vec<u16> = (0..count).map(|at| word(inventory, 2 + 2 * at)).collect();
        let ends = parameter(behind(inventory, 2 + 2 * count), 184)?;
        let lasts = |kind: u8, value: u32| (kind == 1).then(|| u64::from(value).max(1));
        let run = lasts(byte(ends, 0), double(ends, 1));
        let whole = lasts(byte(stop, 0), double(stop, 1));
        let report = parameter(parts, 237);
        let content = report.and_then(|report| parameter(behind(report, 3), 238));
        Some(Self {
            id: double(body, 0),
            state: State::Disabled,
            begin,
            lasts_ms: run.into_iter().chain(whole).min(),
            antennas: if antennas.contains(&0) { Vec::new() } else { antennas },
            tags_per_report: report.map_or(1, |report| word(report, 1)),
            content: content.map_or(0xFFFF, |content| word(content, 0)),
            wire: body.to_vec(),
            due_ms: 0,
        })
    }
}

/// A read of a tag's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Operation {
    /// Number of the parameter; only reads (341) are done.
    pub(super) kind: u16,
    pub(super) id: u16,
    pub(super) bank: u8,
    pub(super) from: u16,
    pub(super) words: u16,
}

/// What is done with each tag that matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AccessSpec {
    pub(super) id: u32,
    pub(super) enabled: bool,
    /// 0 for every one.
    pub(super) antenna: u16,
    pub(super) ro_spec: u32,
    /// How often it is still done; none without end.
    pub(super) left: Option<u16>,
    /// Bank, first bit, how many bits, bits, and whether they must be so.
    pub(super) targets: Vec<(u8, usize, usize, Vec<u8>, bool)>,
    pub(super) operations: Vec<Operation>,
    /// As it came, for a host that asks.
    pub(super) wire: Vec<u8>,
}

impl AccessSpec {
    /// Out of the parameter's body; none when a part is missing without which it cannot be.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let parts = behind(body, 12);
        let (stop, command) = (parameter(parts, 208)?, parameter(parts, 209)?);
        let target = |body: &[u8]| {
            let mask_bytes = usize::from(word(body, 3)).div_ceil(8);
            let data = behind(body, 5 + mask_bytes);
            let bits = usize::from(word(data, 0));
            let first = usize::from(word(body, 1));
            (byte(body, 0) >> 6, first, bits, behind(data, 2).to_vec(), byte(body, 0) & 0x20 != 0)
        };
        let targets = parameters(parameter(command, 338)?).filter(|(kind, _)| *kind == 339);
        let operations = parameters(command).filter(|(kind, _)| (341..=347).contains(kind));
        Some(Self {
            id: double(body, 0),
            enabled: false,
            antenna: word(body, 4),
            ro_spec: double(body, 8),
            left: (byte(stop, 0) == 1).then(|| word(stop, 1)),
            targets: targets.map(|(_, body)| target(body)).collect(),
            operations: operations
                .map(|(kind, body)| Operation {
                    kind,
                    id: word(body, 0),
                    bank: byte(body, 6) >> 6,
                    from: word(body, 7),
                    words: word(body, 9),
                })
                .collect(),
            wire: body.to_vec(),
        })
    }

    /// Whether a tag with these words in its banks is meant.
    pub(super) fn matches(&self, memory: impl Fn(u8) -> Vec<u16>) -> bool {
        self.targets.iter().all(|(bank, first, bits, data, must)| {
            let words = memory(*bank);
            let bit = |at: usize| words.get(at / 16).map(|word| word >> (15 - at % 16) & 1);
            let wanted = |at: usize| u16::from(byte(data, at / 8) >> (7 - at % 8) & 1);
            (0..*bits).all(|at| bit(first + at) == Some(wanted(at))) == *must
        })
    }
}
