//! What computations with keys leave on the stack.

use zeroize::Zeroize;

/// Deeper than the computations with keys go on the host in release; what a target needs is for its maker to measure.
const STACK_BURNT_BYTES: usize = 8 * 1024;

/// Overwrites the stack that computations with keys have used below the caller: what they left there dies with them.
#[inline(never)]
pub fn burn_stack() {
    let mut burnt = [0_u8; STACK_BURNT_BYTES];
    burnt.zeroize();
    core::hint::black_box(&burnt);
}
