//! One turn of the main loop of a firmware.

use crate::hardware::{Board, Storage, Vault};
use crate::link::RECEIVED_BYTES_MAX;
use crate::{Device, Fault};

/// Takes what has arrived, does what is due, sends what is to be sent, and gives the time (in milliseconds since the start)
/// until which the board may sleep, unless a datagram arrives or a sensor changes.
///
/// # Errors
/// When the memory fails: the device goes on, and tries again in the next turn.
pub fn turn<S: Storage, V: Vault, B: Board>(
    device: &mut Device<S, V>,
    board: &mut B,
) -> Result<Option<u64>, Fault> {
    let mut datagram = [0; RECEIVED_BYTES_MAX];
    let mut done = Ok(());
    while let Some(length) = board.receive(&mut datagram) {
        let now = board.now();
        done = device.receive(now, board, datagram.get(..length).unwrap_or_default()).and(done);
    }
    let now = board.now();
    done = device.poll(now).and(done);
    let actions = device.take_actions();
    if actions.any() {
        board.act(actions);
    }
    let mut sent = [0; RECEIVED_BYTES_MAX];
    loop {
        let now = board.now();
        let Some(length) = device.transmit(now, board, &mut sent)? else { break };
        board.send(sent.get(..length).unwrap_or_default());
    }
    done.map(|()| device.deadline_ms(board.now()))
}
