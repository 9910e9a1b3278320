//! What a reader can do, as far as the host must know: section 10.2 of the standard.

use super::super::codec::Item;

/// Entries of the power table that are kept; real readers have some eighty.
const POWERS_MAX: usize = 512;

/// The part of GET_READER_CAPABILITIES_RESPONSE that decides what is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Capabilities {
    /// Index and transmit power in hundredths of dBm.
    pub powers: Vec<(u16, i16)>,
    /// Whether it hops, and by which table.
    pub hopping: bool,
    pub hop_table: u16,
    /// Whether it keeps events and reports while no host listens.
    pub holds_reports: bool,
    /// Operations that one AccessSpec may have; 0 for no limit.
    pub operations_max: u32,
}

impl Capabilities {
    /// Out of the response.
    pub(super) fn of(items: &[Item<'_>]) -> Self {
        let mut found = Self::default();
        let mut index = 0;
        for item in items.iter().filter(|item| item.field.is_some()) {
            let word = u16::try_from(item.number()).unwrap_or_default();
            match (item.owner, item.name) {
                (145, "Index") => index = word,
                (145, _) if found.powers.len() < POWERS_MAX => {
                    found.powers.push((index, word.cast_signed()));
                }
                (146, "Hopping") => found.hopping = word & 0x80 != 0,
                (147, "HopTableID") if found.hop_table == 0 => found.hop_table = word,
                (142, "Flags") => found.holds_reports = word & 0x08 != 0,
                (142, "MaxNumOpSpecsPerAccessSpec") => {
                    found.operations_max = u32::try_from(item.number()).unwrap_or_default();
                }
                _ => {}
            }
        }
        found
    }

    /// The index of the greatest power that is not above the one wanted, or of the least.
    pub(super) fn power_index(&self, wanted_cdbm: i16) -> Option<u16> {
        let below = self.powers.iter().filter(|(_, power)| *power <= wanted_cdbm).max_by_key(|power| power.1);
        below.or_else(|| self.powers.iter().min_by_key(|power| power.1)).map(|(index, _)| *index)
    }
}
