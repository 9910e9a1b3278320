//! The journal's directory: what its files are called, and the lock that keeps a second process out.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::StoreError;

const EXTENSION: &str = ".plomb";
/// Ending of a file that is being made; what bears it after a crash is deleted.
const UNFINISHED: &str = ".tmp";
const LOCK: &str = "lock";
/// A process id has at most 10 digits on any system.
const PID_BYTES_MAX: u64 = 16;

/// What a file of the journal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Name {
    /// Write-ahead segment with this sequence number.
    Wal(u64),
    /// Empty segment, ready to be used.
    Spare(u64),
    /// Sealed entries from the first number up to, not including, the second.
    History(u64, u64),
    /// State before the entry with this number.
    Snapshot(u64),
}

impl Name {
    /// The file in `directory`. Numbers have 20 digits so that names sort as numbers do.
    pub(crate) fn path(self, directory: &Path) -> PathBuf {
        directory.join(match self {
            Self::Wal(sequence) => format!("wal-{sequence:020}{EXTENSION}"),
            Self::Spare(number) => format!("spare-{number:020}{EXTENSION}"),
            Self::History(first, end) => format!("history-{first:020}-{end:020}{EXTENSION}"),
            Self::Snapshot(at) => format!("snapshot-{at:020}{EXTENSION}"),
        })
    }

    /// Where the file is made before it gets its name.
    pub(crate) fn unfinished(self, directory: &Path) -> PathBuf {
        let mut path = self.path(directory).into_os_string();
        path.push(UNFINISHED);
        path.into()
    }

    fn parse(name: &str) -> Option<Self> {
        let (sort, numbers) = name.strip_suffix(EXTENSION)?.split_once('-')?;
        let number = |text: &str| text.parse::<u64>().ok();
        match sort {
            "wal" => number(numbers).map(Self::Wal),
            "spare" => number(numbers).map(Self::Spare),
            "snapshot" => number(numbers).map(Self::Snapshot),
            "history" => {
                let (first, end) = numbers.split_once('-')?;
                Some(Self::History(number(first)?, number(end)?))
            }
            _ => None,
        }
    }
}

/// The files of the journal, sorted. Files of other names are left alone; unfinished ones are deleted.
pub(crate) fn list(directory: &Path) -> Result<Vec<Name>, StoreError> {
    let mut names = Vec::new();
    let items = std::fs::read_dir(directory).map_err(StoreError::io("list", directory))?;
    for item in items {
        let item = item.map_err(StoreError::io("list", directory))?;
        let name = item.file_name();
        let Some(name) = name.to_str() else { continue };
        if name.strip_suffix(UNFINISHED).and_then(Name::parse).is_some() {
            remove(&item.path())?;
        } else {
            names.extend(Name::parse(name));
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// Makes new, renamed and deleted names durable.
pub(crate) fn sync(directory: &Path) -> Result<(), StoreError> {
    let opened = File::open(directory).map_err(StoreError::io("open", directory))?;
    opened.sync_all().map_err(StoreError::io("make durable", directory))
}

pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), StoreError> {
    std::fs::rename(from, to).map_err(StoreError::io("rename", from))?;
    to.parent().map_or(Ok(()), sync)
}

pub(crate) fn remove(path: &Path) -> Result<(), StoreError> {
    std::fs::remove_file(path).map_err(StoreError::io("delete", path))
}

/// Makes a file whole or not at all: written beside, made durable, then named.
pub(crate) fn write_whole(directory: &Path, name: Name, parts: &[&[u8]]) -> Result<(), StoreError> {
    let unfinished = name.unfinished(directory);
    let write = || {
        let mut file = File::create(&unfinished)?;
        parts.iter().try_for_each(|part| file.write_all(part))?;
        file.sync_all()
    };
    if let Err(error) = write() {
        // What is left of it is also deleted at the next start, so a failure to delete it now changes nothing.
        drop(std::fs::remove_file(&unfinished));
        return Err(StoreError::io("write", &unfinished)(error));
    }
    rename(&unfinished, &name.path(directory))
}

/// Takes the journal for this process; given back when the file is dropped, however the process ends.
pub(crate) fn lock(directory: &Path) -> Result<File, StoreError> {
    let path = directory.join(LOCK);
    let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
    let mut file = opened.map_err(StoreError::io("open", &path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            let read = file.take(PID_BYTES_MAX).read_to_string(&mut text);
            let pid = read.ok().and_then(|_| text.trim().parse().ok());
            return Err(StoreError::InUse { directory: directory.to_owned(), pid });
        }
        Err(TryLockError::Error(error)) => return Err(StoreError::io("lock", &path)(error)),
    }
    let pid = format!("{}\n", std::process::id());
    let mut write = || {
        file.set_len(0)?;
        file.rewind()?;
        file.write_all(pid.as_bytes())
    };
    write().map_err(StoreError::io("write", &path))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back() {
        for name in [Name::Wal(7), Name::Spare(0), Name::History(1, u64::MAX), Name::Snapshot(3)] {
            let path = name.path(Path::new("d"));
            assert_eq!(Name::parse(path.file_name().unwrap().to_str().unwrap()), Some(name));
        }
        assert_eq!(Name::parse("wal-x.plomb"), None);
        assert_eq!(Name::parse("notes.txt"), None);
    }
}
