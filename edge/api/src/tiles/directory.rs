//! Directories of a PMTiles file (section 4.2): columns of varints.

use super::MapError;

/// Entries of one directory; the specification keeps the root below 16 KiB and writers their leaves near that.
const ENTRIES_MAX: u64 = 1_000_000;

/// The entries of a directory, by tile number.
#[derive(Clone, Debug, Default)]
pub(super) struct Directory {
    entries: Vec<Entry>,
}

/// Tiles `first` to `first + run` share the bytes; a `run` of 0 is a leaf directory.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Entry {
    first: u64,
    pub(super) run: u32,
    pub(super) length: u32,
    pub(super) offset: u64,
}

impl Directory {
    /// Reads an unpacked directory.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, MapError> {
        let mut varints = Varints(bytes);
        let count = varints.next()?;
        // Each entry takes four bytes at least.
        if count > ENTRIES_MAX || count > bytes.len() as u64 / 4 {
            return Err(MapError::Damaged("a directory has more entries than it can have"));
        }
        let mut entries = vec![Entry::default(); usize::try_from(count).unwrap_or_default()];
        let mut first: u64 = 0;
        for entry in &mut entries {
            first = first.checked_add(varints.next()?).ok_or(OVERFLOW)?;
            entry.first = first;
        }
        for entry in &mut entries {
            entry.run = u32::try_from(varints.next()?).map_err(|_| OVERFLOW)?;
        }
        for entry in &mut entries {
            entry.length = u32::try_from(varints.next()?).map_err(|_| OVERFLOW)?;
        }
        let mut end: u64 = 0;
        for entry in &mut entries {
            // Zero: right after the entry before; else the offset plus one.
            entry.offset = varints.next()?.checked_sub(1).unwrap_or(end);
            end = entry.offset.checked_add(u64::from(entry.length)).ok_or(OVERFLOW)?;
        }
        Ok(Self { entries })
    }

    /// The entry that holds a tile, or the leaf where to look for it.
    pub(super) fn find(&self, number: u64) -> Option<Entry> {
        let after = self.entries.partition_point(|entry| entry.first <= number);
        let entry = *self.entries.get(after.checked_sub(1)?)?;
        (entry.run == 0 || number - entry.first < u64::from(entry.run)).then_some(entry)
    }
}

const OVERFLOW: MapError = MapError::Damaged("a number in a directory is too large");

/// Numbers of 7 bits a byte, lowest first.
struct Varints<'a>(&'a [u8]);

impl Varints<'_> {
    fn next(&mut self) -> Result<u64, MapError> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let (byte, rest) =
                self.0.split_first().ok_or(MapError::Damaged("a directory ends within a number"))?;
            self.0 = rest;
            number |= u64::from(byte & 0x7F).checked_shl(shift).unwrap_or_default();
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(OVERFLOW)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_gives_tiles_runs_and_leaves() {
        // Three entries: tile 1, tiles 5-7, leaf from 300.
        let bytes = [3, 1, 4, 0xA7, 2, 1, 3, 0, 10, 20, 30, 1, 0, 101];
        let directory = Directory::read(&bytes).unwrap();
        let found = |number| directory.find(number).map(|entry| (entry.offset, entry.length, entry.run));
        assert_eq!(found(0), None);
        assert_eq!(found(1), Some((0, 10, 1)));
        assert_eq!(found(2), None);
        assert_eq!(found(7), Some((10, 20, 3)));
        assert_eq!(found(8), None);
        assert_eq!(found(300), Some((100, 30, 0)));
        assert_eq!(found(9_999), Some((100, 30, 0)));
    }

    #[test]
    fn damaged_directories_are_errors() {
        for length in 0..14 {
            let bytes = [3, 1, 4, 0xA7, 2, 1, 3, 0, 10, 20, 30, 1, 0, 101];
            assert!(Directory::read(&bytes[..length]).is_err(), "{length}");
        }
        assert!(Directory::read(&[0xFF; 40]).is_err());
        assert!(Directory::read(&[0xFF, 0xFF, 0xFF, 0x7F, 0, 0]).is_err());
    }
}
