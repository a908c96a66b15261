//! Pieces of commands: nests, fetch and DMA words, addresses.

use tcpu_isa::{Dma, Fetch, LoopLevel, Sync, Tail, LEVELS};

use super::Reject;
use crate::region::Rows;

/// `len` as full groups of `unit` and the rest: (first index, groups, length of a group).
pub(super) fn parts(len: usize, unit: usize) -> Vec<(usize, usize, usize)> {
    let (groups, rest) = (len / unit, len % unit);
    let mut parts = Vec::new();
    if groups > 0 {
        parts.push((0, groups, unit));
    }
    if rest > 0 {
        parts.push((groups * unit, 1, rest));
    }
    parts
}

/// A nest without its levels of one iteration.
pub(super) fn levels(nest: &[(usize, i64, i64)]) -> Result<Vec<LoopLevel>, Reject> {
    let nest: Vec<LoopLevel> = nest
        .iter()
        .filter(|(count, ..)| *count > 1)
        .map(|&(count, a, b)| LoopLevel {
            count: count as u16,
            stride_a: a as i32,
            stride_b: b as i32,
        })
        .collect();
    let fits = |l: &LoopLevel| l.stride_b.unsigned_abs() < 1 << 23;
    (nest.len() <= LEVELS && nest.iter().all(fits))
        .then_some(nest)
        .ok_or(Reject::Levels)
}

/// A fetch, without its nest.
pub(super) fn fetch_words(base: usize, packet: usize, pack: usize, tail: Option<Tail>) -> Fetch {
    let (packet, pack) = (packet as u8, pack as u8);
    Fetch {
        levels: 0,
        base: base as u32,
        packet,
        pack,
        tail,
        sync: Sync::default(),
    }
}

/// A load or store of rows, and its nest.
pub(super) fn dma(
    ext: u64,
    dm: usize,
    rows: &Rows,
    broadcast: bool,
) -> Result<(Dma, Vec<LoopLevel>), Reject> {
    let nest = levels(&rows.loops)?;
    let bytes = u16::try_from(rows.bytes).map_err(|_| Reject::Dm)?;
    let (ext, dm) = (ext as u32, dm as u32);
    Ok((
        Dma {
            levels: 0,
            ext,
            dm,
            bytes,
            broadcast,
            sync: Sync::default(),
        },
        nest,
    ))
}

/// How far an index is from the first one.
pub(super) fn offset(strides: &[i64], index: &[usize]) -> i64 {
    strides.iter().zip(index).map(|(s, &i)| s * i as i64).sum()
}

/// The external byte of an index.
pub(super) fn address(base: u32, strides: &[i64], index: &[usize]) -> u64 {
    u64::from(base) + offset(strides, index) as u64
}
