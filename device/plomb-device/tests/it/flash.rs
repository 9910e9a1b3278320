//! Flash and vault of the simulated board. When the power budget is used up, the call under way is done in part, and every
//! later one fails.

use std::cell::Cell;
use std::rc::Rc;

use plomb_device::{Storage, StorageFault, UNIT_BYTES, VAULT_BYTES, Vault};

/// How many units may still be programmed or pages erased before the power fails; none: for ever.
#[derive(Clone, Debug, Default)]
pub struct Power(pub Rc<Cell<Option<u32>>>);

impl Power {
    /// Takes from the budget; false when the power has failed.
    fn draw(&self) -> bool {
        match self.0.get() {
            None => true,
            Some(0) => false,
            Some(left) => {
                self.0.set(Some(left - 1));
                true
            }
        }
    }

    pub fn has_failed(&self) -> bool {
        self.0.get() == Some(0)
    }
}

#[derive(Clone, Debug)]
pub struct Flash {
    pub pages: Vec<Vec<u8>>,
    programmed: Vec<Vec<bool>>,
    pub power: Power,
    pub erasures: u32,
}

impl Flash {
    pub fn new(pages: usize, page_bytes: usize, power: &Power) -> Self {
        Self {
            pages: vec![vec![0xFF; page_bytes]; pages],
            programmed: vec![vec![false; page_bytes / UNIT_BYTES]; pages],
            power: power.clone(),
            erasures: 0,
        }
    }
}

impl Storage for Flash {
    fn page_bytes(&self) -> usize {
        self.pages[0].len()
    }

    fn pages(&self) -> usize {
        self.pages.len()
    }

    fn read(&self, page: usize, offset: usize, out: &mut [u8]) -> Result<(), StorageFault> {
        if self.power.has_failed() {
            return Err(StorageFault);
        }
        let bytes = self.pages.get(page).and_then(|page| page.get(offset..offset + out.len()));
        out.copy_from_slice(bytes.ok_or(StorageFault)?);
        Ok(())
    }

    fn program(&mut self, page: usize, offset: usize, bytes: &[u8]) -> Result<(), StorageFault> {
        assert!(offset.is_multiple_of(UNIT_BYTES) && bytes.len().is_multiple_of(UNIT_BYTES));
        for (step, unit) in bytes.chunks(UNIT_BYTES).enumerate() {
            let place = offset / UNIT_BYTES + step;
            assert!(!self.programmed[page][place], "page {page}: unit {place} is programmed twice");
            let powered = self.power.draw();
            self.programmed[page][place] = true;
            let place = &mut self.pages[page][offset + step * UNIT_BYTES..][..UNIT_BYTES];
            if powered {
                place.copy_from_slice(unit);
            }
            if !powered || self.power.has_failed() {
                // Cut short: some of the bits.
                place.iter_mut().zip(unit).for_each(|(place, byte)| *place &= byte | 0x2D);
                return Err(StorageFault);
            }
        }
        Ok(())
    }

    fn erase(&mut self, page: usize) -> Result<(), StorageFault> {
        if self.power.has_failed() {
            return Err(StorageFault);
        }
        self.power.draw();
        self.erasures += 1;
        if self.power.has_failed() {
            // Cut short: the first part, or all but the first.
            let half = self.pages[page].len() / 2;
            let part = if self.erasures.is_multiple_of(2) { 0..half } else { half..2 * half };
            self.pages[page][part.clone()].fill(0xFF);
            self.programmed[page][part.start / UNIT_BYTES..part.end / UNIT_BYTES].fill(false);
            return Err(StorageFault);
        }
        self.pages[page].fill(0xFF);
        self.programmed[page].fill(false);
        Ok(())
    }
}

#[derive(Clone, Debug)]
pub struct Safe {
    pub bytes: [u8; VAULT_BYTES],
    pub power: Power,
    /// How often wiping fails before it succeeds.
    pub stuck: u32,
}

impl Safe {
    pub fn new(power: &Power) -> Self {
        Self { bytes: [0; VAULT_BYTES], power: power.clone(), stuck: 0 }
    }
}

impl Vault for Safe {
    fn load(&self, out: &mut [u8]) -> bool {
        out.copy_from_slice(&self.bytes);
        self.bytes.iter().any(|byte| *byte != 0)
    }

    fn store(&mut self, bytes: &[u8]) -> Result<(), StorageFault> {
        self.bytes.copy_from_slice(bytes);
        Ok(())
    }

    fn wipe(&mut self) -> Result<(), StorageFault> {
        if self.power.has_failed() {
            return Err(StorageFault);
        }
        if self.stuck > 0 {
            self.stuck -= 1;
            return Err(StorageFault);
        }
        self.bytes.fill(0);
        Ok(())
    }
}
