//! The table of devices: dense rows, found by identifier.

use std::hash::{BuildHasher, BuildHasherDefault};

use hashbrown::HashTable;
use plomb_model::{DeviceId, Protocol, ReceivedAt};
use rustc_hash::FxHasher;

use crate::DeviceState;

/// Rows are kept in blocks of this many, so that growth never copies the table.
const ROWS_PER_BLOCK: usize = 1024;

/// Place of a device in the table; the order in which devices were first heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceIndex(pub u32);

/// All devices.
#[derive(Debug, Default)]
pub struct Devices {
    blocks: Vec<Vec<DeviceState>>,
    index: HashTable<u32>,
}

impl Devices {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// The place of a device.
    #[must_use]
    pub fn find(&self, id: &DeviceId) -> Option<DeviceIndex> {
        let blocks = &self.blocks;
        self.index
            .find(hash(id), |row| at(blocks, *row).is_some_and(|device| device.id == *id))
            .map(|row| DeviceIndex(*row))
    }

    /// A device by its place.
    #[must_use]
    pub fn row(&self, index: DeviceIndex) -> Option<&DeviceState> {
        at(&self.blocks, index.0)
    }

    /// A device by its place, to change.
    pub fn row_mut(&mut self, index: DeviceIndex) -> Option<&mut DeviceState> {
        let row = usize::try_from(index.0).ok()?;
        self.blocks.get_mut(row / ROWS_PER_BLOCK)?.get_mut(row % ROWS_PER_BLOCK)
    }

    /// A device by its identifier.
    #[must_use]
    pub fn get(&self, id: &DeviceId) -> Option<&DeviceState> {
        self.row(self.find(id)?)
    }

    /// The place of a device, which is made if it is new.
    pub fn find_or_add(&mut self, id: DeviceId, protocol: Protocol, at: ReceivedAt) -> DeviceIndex {
        match self.find(&id) {
            Some(index) => index,
            None => self.add(DeviceState::new(id, protocol, at)),
        }
    }

    /// Adds a row for a device that is not in the table (from a snapshot, or a new one).
    pub fn add(&mut self, device: DeviceState) -> DeviceIndex {
        let row = u32::try_from(self.len()).unwrap_or(u32::MAX);
        let id = device.id;
        match self.blocks.last_mut() {
            Some(block) if block.len() < ROWS_PER_BLOCK => block.push(device),
            _ => {
                let mut block = Vec::with_capacity(ROWS_PER_BLOCK);
                block.push(device);
                self.blocks.push(block);
            }
        }
        let blocks = &self.blocks;
        self.index.insert_unique(hash(&id), row, |row| at(blocks, *row).map_or(0, |device| hash(&device.id)));
        DeviceIndex(row)
    }

    /// Every device with its place, in the order of first hearing.
    pub fn iter(&self) -> impl Iterator<Item = (DeviceIndex, &DeviceState)> {
        let rows = self.blocks.iter().flatten();
        (0_u32..).map(DeviceIndex).zip(rows)
    }
}

fn at(blocks: &[Vec<DeviceState>], row: u32) -> Option<&DeviceState> {
    let row = usize::try_from(row).ok()?;
    blocks.get(row / ROWS_PER_BLOCK)?.get(row % ROWS_PER_BLOCK)
}

fn hash(id: &DeviceId) -> u64 {
    BuildHasherDefault::<FxHasher>::default().hash_one(id)
}
