//! How devices stand, in a snapshot.

use plomb_model::{DeviceId, Standing};
use plomb_rules::State;

use super::{Reader, SnapshotError, Writer, count};

/// The devices that stand otherwise than most.
pub(super) fn write(out: &mut Writer, state: &State) {
    out.numbers(&[count(state.standings.len())]);
    for (device, standing) in state.standings.iter() {
        out.bytes(device.to_string().as_bytes());
        out.numbers(&[i64::from(standing as u8)]);
    }
}

pub(super) fn read(reader: &mut Reader<'_>, state: &mut State) -> Result<(), SnapshotError> {
    let [devices] = reader.fixed()?;
    for _ in 0..devices {
        let device = reader.device()?;
        let [code] = reader.fixed()?;
        let standing = u8::try_from(code).ok().and_then(Standing::from_code);
        state.standings.set(device, standing.ok_or_else(|| reader.damaged())?);
    }
    Ok(())
}

impl Reader<'_> {
    /// A device's identifier as people write it.
    pub(super) fn device(&mut self) -> Result<DeviceId, SnapshotError> {
        let text = std::str::from_utf8(self.bytes()?).map_err(|_| self.damaged())?;
        text.parse().map_err(|_| self.damaged())
    }
}
