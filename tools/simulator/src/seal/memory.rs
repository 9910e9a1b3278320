//! Flash and vault of a simulated board: in memory, and in files where they must survive the process.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use plomb_device::{Storage, StorageFault, VAULT_BYTES, Vault};

/// Bytes of a page.
const PAGE_BYTES: usize = 2048;
/// Pages: two of state, six of events.
const PAGES: usize = 8;

/// Bytes in memory, and the file that they are written through to.
#[derive(Debug)]
struct Mirrored {
    bytes: Vec<u8>,
    file: Option<File>,
}

impl Mirrored {
    /// What the file holds; erased flash where it is new or there is none.
    fn open(path: Option<&Path>, length: usize) -> io::Result<Self> {
        let mut bytes = vec![0xFF; length];
        let Some(path) = path else { return Ok(Self { bytes, file: None }) };
        // Keys are in it: it is its owner's alone.
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
        let mut held = Vec::new();
        file.read_to_end(&mut held)?;
        if held.len() == length {
            bytes = held;
        } else {
            file.set_len(0)?;
            file.write_all_at(&bytes, 0)?;
        }
        Ok(Self { bytes, file: Some(file) })
    }

    fn get(&self, from: usize, out: &mut [u8]) -> Result<(), StorageFault> {
        let bytes = self.bytes.get(from..from + out.len()).ok_or(StorageFault)?;
        out.copy_from_slice(bytes);
        Ok(())
    }

    fn put(&mut self, from: usize, bytes: &[u8]) -> Result<(), StorageFault> {
        if let Some(file) = &self.file {
            let offset = u64::try_from(from).map_err(|_| StorageFault)?;
            file.write_all_at(bytes, offset).map_err(|_| StorageFault)?;
        }
        self.bytes.get_mut(from..from + bytes.len()).ok_or(StorageFault)?.copy_from_slice(bytes);
        Ok(())
    }
}

/// NOR flash: programming clears bits, erasing sets a page.
#[derive(Debug)]
pub struct Flash(Mirrored);

impl Flash {
    /// Erased, or what the file holds.
    ///
    /// # Errors
    /// When the file cannot be opened, read or made.
    pub fn open(path: Option<&Path>) -> io::Result<Self> {
        Mirrored::open(path, PAGES * PAGE_BYTES).map(Self)
    }
}

impl Storage for Flash {
    fn page_bytes(&self) -> usize {
        PAGE_BYTES
    }

    fn pages(&self) -> usize {
        PAGES
    }

    fn read(&self, page: usize, offset: usize, out: &mut [u8]) -> Result<(), StorageFault> {
        self.0.get(page * PAGE_BYTES + offset, out)
    }

    fn program(&mut self, page: usize, offset: usize, bytes: &[u8]) -> Result<(), StorageFault> {
        let from = page * PAGE_BYTES + offset;
        let mut before = vec![0; bytes.len()];
        self.0.get(from, &mut before)?;
        if before.iter().any(|byte| *byte != 0xFF) {
            return Err(StorageFault);
        }
        self.0.put(from, bytes)
    }

    fn erase(&mut self, page: usize) -> Result<(), StorageFault> {
        self.0.put(page * PAGE_BYTES, &[0xFF; PAGE_BYTES])
    }
}

/// The place of the keys.
#[derive(Debug)]
pub struct Safe(Mirrored);

impl Safe {
    /// Empty, or what the file holds.
    ///
    /// # Errors
    /// When the file cannot be opened, read or made.
    pub fn open(path: Option<&Path>) -> io::Result<Self> {
        Mirrored::open(path, VAULT_BYTES).map(Self)
    }
}

impl Vault for Safe {
    fn load(&self, out: &mut [u8]) -> bool {
        self.0.get(0, out).is_ok() && out.iter().any(|byte| *byte != 0xFF)
    }

    fn store(&mut self, bytes: &[u8]) -> Result<(), StorageFault> {
        self.0.put(0, bytes)
    }

    fn wipe(&mut self) -> Result<(), StorageFault> {
        self.0.put(0, &[0xFF; VAULT_BYTES])
    }
}
