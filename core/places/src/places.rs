//! All places, and which of them a point lies in.

use std::collections::BTreeMap;

use crate::arc::Point;
use crate::grid::Grid;
use crate::place::Place;

/// Most places that are kept.
pub const PLACES_MAX: usize = 100_000;

/// All places.
#[derive(Clone, Debug, Default)]
pub struct Places {
    numbers: BTreeMap<Box<str>, u32>,
    by_number: Vec<Option<Place>>,
    /// Numbers that are free again.
    free: Vec<u32>,
    grid: Grid,
    version: u64,
}

impl Places {
    /// How often the places were changed: rises with each change.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// One place.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Place> {
        self.numbered(*self.numbers.get(id)?)
    }

    fn numbered(&self, number: u32) -> Option<&Place> {
        self.by_number.get(usize::try_from(number).ok()?)?.as_ref()
    }

    /// Every place, by identifier.
    pub fn iter(&self) -> impl Iterator<Item = &Place> {
        self.numbers.values().filter_map(|number| self.numbered(*number))
    }

    /// Whether there is room for a place of this identifier.
    #[must_use]
    pub fn takes(&self, id: &str) -> bool {
        self.numbers.len() < PLACES_MAX || self.numbers.contains_key(id)
    }

    /// Puts a place, in the stead of one with the same identifier. `false` where there are too many.
    pub fn put(&mut self, place: Place) -> bool {
        if !self.takes(&place.id) {
            return false;
        }
        self.remove(&place.id.clone());
        let number = match self.free.pop() {
            Some(number) => number,
            None => {
                let Ok(number) = u32::try_from(self.by_number.len()) else { return false };
                self.by_number.push(None);
                number
            }
        };
        self.grid.add(number, &place);
        self.numbers.insert(place.id.clone(), number);
        if let Some(slot) = usize::try_from(number).ok().and_then(|number| self.by_number.get_mut(number)) {
            *slot = Some(place);
        }
        self.version += 1;
        true
    }

    /// Takes a place away; whether there was one.
    pub fn remove(&mut self, id: &str) -> bool {
        let Some(number) = self.numbers.remove(id) else { return false };
        let slot = usize::try_from(number).ok().and_then(|number| self.by_number.get_mut(number));
        if let Some(place) = slot.and_then(Option::take) {
            self.grid.remove(number, &place);
        }
        self.free.push(number);
        self.version += 1;
        true
    }

    /// The places, other than routes, in which a point lies.
    pub fn at(&self, point: Point) -> impl Iterator<Item = &Place> {
        let mut found: Vec<&Place> = Vec::new();
        self.grid.at(point, |number, surely| {
            let Some(place) = self.numbered(number) else { return };
            // A place of two polygons may have entered a cell twice.
            if (surely || place.contains(point)) && !found.iter().any(|known| std::ptr::eq(*known, place)) {
                found.push(place);
            }
        });
        found.into_iter()
    }
}
