//! What the parts have.

use tcpu_synth::area::Cells;

use crate::board::Board;

/// Look-up tables, flip-flops, multipliers and block RAMs, by the beginning of a device's name; the first that fits
/// counts. Lattice's 12F is a 25F under another name, and the open tools use all of it.
const PARTS: &[(&str, [u64; 4])] = &[
    ("LFE5U-12F", [24_288, 24_288, 28, 56]),
    ("LFE5U-25F", [24_288, 24_288, 28, 56]),
    ("LFE5U-45F", [43_848, 43_848, 72, 108]),
    ("LFE5U-85F", [83_640, 83_640, 156, 208]),
    ("LFE5UM5G-85F", [83_640, 83_640, 156, 208]),
    ("GW2A", [20_736, 15_552, 48, 46]),
    // Four of the memories are SPRAMs.
    ("up5k", [5_280, 5_280, 8, 34]),
];

/// What a board's part has, if it is known.
pub fn capacity(board: &Board) -> Option<Cells> {
    let (_, [lut, ff, dsp, bram]) = *PARTS
        .iter()
        .find(|(device, _)| board.device.starts_with(device))?;
    Some(Cells { lut, ff, dsp, bram })
}

/// A board's part has LUT RAM, as far as it is known.
pub fn lut_ram(board: &Board) -> bool {
    board.device != "up5k"
}

/// The first kind of cell of which a design needs more than there is: its name, needed, there.
pub fn short(need: Cells, have: Cells) -> Option<(&'static str, u64, u64)> {
    [
        ("look-up tables", need.lut, have.lut),
        ("flip-flops", need.ff, have.ff),
        ("multipliers", need.dsp, have.dsp),
        ("block RAMs", need.bram, have.bram),
    ]
    .into_iter()
    .find(|(_, need, have)| need > have)
}
