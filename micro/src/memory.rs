//! The one memory of the folded machine: four SPRAMs of 32 KB side by side, in rows of eight bytes.
//!
//! A byte address has 17 bits. Bytes that go on behind a region's end are at its beginning.

/// Bytes of a row: a flit.
pub const FLIT: usize = 8;
/// All bytes.
pub const BYTES: usize = 1 << 17;
/// Data memory: its first byte, and how many there are.
pub const DM: u32 = 0;
pub const DM_BYTES: usize = 1 << 15;
/// The engine's own: what the line has brought, queues, frames.
pub const OWN: u32 = 1 << 15;
/// What is behind the memory port of other machines.
pub const EXTERNAL: u32 = 1 << 16;
pub const EXTERNAL_BYTES: usize = 1 << 16;
/// Entries of the line's ring, at the beginning of [`OWN`]. One is two bytes: what came, and 1 if its stop bit is
/// missing.
pub const RING: usize = 2048;

/// The row behind a row, in its region.
pub fn row_behind(row: usize) -> usize {
    let region = match row * FLIT >= EXTERNAL as usize {
        true => EXTERNAL_BYTES,
        false => DM_BYTES,
    };
    let rows = region / FLIT;
    row / rows * rows + (row + 1) % rows
}

/// The address `stride` (15 bits) behind an address: the upper two bits stay.
pub fn behind(at: u32, stride: u32) -> u32 {
    let low = DM_BYTES as u32 - 1;
    at & !low | at.wrapping_add(stride) & low
}
