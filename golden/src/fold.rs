//! The lane folder: a row of L x C accumulators becomes flits of up to `group` values.
//!
//! ```text
//! sequential   lane 0: c0 c1 c2 c3 | c4 ..    then lane 1 ..
//! interleaved  column 0: l0 l1 l2 l3 | ..     then column 1 ..
//! ```
//!
//! With `nibbles` first the lanes of the low halves, then those of the high ones.

use tcpu_isa::{Contract, FoldOrder};

/// The flits of a row, `row[lane][column]`; a half has `half` lanes.
pub fn fold(contract: &Contract, half: usize, row: &[Vec<i32>]) -> Vec<Vec<i32>> {
    let halves = row.chunks(half).take(if contract.nibbles { 2 } else { 1 });
    halves.flat_map(|row| fold_half(contract, row)).collect()
}

fn fold_half(contract: &Contract, row: &[Vec<i32>]) -> Vec<Vec<i32>> {
    let (lanes, cols) = (usize::from(contract.lanes), usize::from(contract.cols));
    let runs: Vec<Vec<i32>> = match contract.order {
        FoldOrder::Sequential => row[..lanes]
            .iter()
            .map(|lane| lane[..cols].to_vec())
            .collect(),
        FoldOrder::Interleaved => (0..cols)
            .map(|c| row[..lanes].iter().map(|lane| lane[c]).collect())
            .collect(),
    };
    let group = usize::from(contract.group);
    runs.iter()
        .flat_map(|run| run.chunks(group).map(<[i32]>::to_vec))
        .collect()
}
