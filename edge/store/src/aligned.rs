//! Memory that begins on a page boundary, as `O_DIRECT` wants it, without unsafe code.

use crate::layout::PAGE_BYTES;

/// A growing run of bytes whose address is a multiple of the page size.
#[derive(Debug, Default)]
pub(crate) struct AlignedBuffer {
    /// Larger than needed; never grown in place, because that would move it.
    memory: Vec<u8>,
    start: usize,
    length: usize,
}

impl AlignedBuffer {
    /// Room for `capacity` bytes.
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        let memory = vec![0; capacity + PAGE_BYTES];
        let start = (PAGE_BYTES - memory.as_ptr().addr() % PAGE_BYTES) % PAGE_BYTES;
        Self { memory, start, length: 0 }
    }

    pub(crate) fn clear(&mut self) {
        self.length = 0;
    }

    pub(crate) fn len(&self) -> usize {
        self.length
    }

    pub(crate) fn extend(&mut self, bytes: &[u8]) {
        let end = self.length + bytes.len();
        self.reserve(end);
        let (start, length) = (self.start, self.length);
        if let Some(place) = self.memory.get_mut(start + length..start + end) {
            place.copy_from_slice(bytes);
        }
        self.length = end;
    }

    /// Fills up to a multiple of the page size with zeroes.
    pub(crate) fn pad(&mut self) {
        let end = self.length.next_multiple_of(PAGE_BYTES);
        self.reserve(end);
        let (start, length) = (self.start, self.length);
        if let Some(place) = self.memory.get_mut(start + length..start + end) {
            place.fill(0);
        }
        self.length = end;
    }

    /// Makes it `length` bytes long, to be written over: what they hold is left of an earlier use.
    pub(crate) fn room(&mut self, length: usize) -> &mut [u8] {
        self.length = 0;
        self.reserve(length);
        self.length = length;
        self.as_mut_slice()
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        self.memory.get(self.start..self.start + self.length).unwrap_or_default()
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [u8] {
        self.memory.get_mut(self.start..self.start + self.length).unwrap_or_default()
    }

    fn reserve(&mut self, length: usize) {
        if self.start + length <= self.memory.len() {
            return;
        }
        let mut larger = Self::with_capacity(length.max(2 * self.length));
        larger.extend(self.as_slice());
        *self = larger;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_aligned_while_growing() {
        let mut buffer = AlignedBuffer::with_capacity(10);
        let mut expected = Vec::new();
        for round in 0..200_u8 {
            buffer.extend(&[round; 333]);
            expected.extend_from_slice(&[round; 333]);
            assert_eq!(buffer.as_slice().as_ptr().addr() % PAGE_BYTES, 0);
        }
        assert_eq!(buffer.as_slice(), expected);
        buffer.pad();
        assert_eq!(buffer.len() % PAGE_BYTES, 0);
        assert!(buffer.as_slice()[expected.len()..].iter().all(|byte| *byte == 0));
    }
}
