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

/// The same rows in fewer execs: neighbours that differ only in where they begin, always by the same step (those of the
/// slices), are one exec with a level more, if there is one.
pub(super) fn joined(execs: Vec<(Dma, Vec<LoopLevel>)>) -> Vec<(Dma, Vec<LoopLevel>)> {
    let begin = |dma: &Dma| (i64::from(dma.ext), i64::from(dma.dm));
    let step = |from: &Dma, to: &Dma| (begin(to).0 - begin(from).0, begin(to).1 - begin(from).1);
    let mut joined = Vec::new();
    let mut left = &execs[..];
    while let [(first, nest), rest @ ..] = left {
        let by = rest.first().map_or((0, 0), |(next, _)| step(first, next));
        let at = |i: i64| (begin(first).0 + i * by.0, begin(first).1 + i * by.1);
        let alike = |&(i, (exec, levels)): &(i64, &(Dma, Vec<LoopLevel>))| {
            let same = Dma {
                ext: first.ext,
                dm: first.dm,
                ..*exec
            };
            same == *first && levels == nest && begin(exec) == at(i)
        };
        let count = 1 + (1..).zip(rest).take_while(alike).count();
        let outer = levels(&[(count, by.0, by.1)]).ok();
        let whole = outer.map(|outer| [nest.as_slice(), &outer].concat());
        let fits = whole.filter(|whole| whole.len() <= LEVELS);
        let taken = if fits.is_some() { count } else { 1 };
        joined.push((*first, fits.unwrap_or_else(|| nest.clone())));
        left = &left[taken..];
    }
    joined
}

/// How far an index is from the first one.
pub(super) fn offset(strides: &[i64], index: &[usize]) -> i64 {
    strides.iter().zip(index).map(|(s, &i)| s * i as i64).sum()
}

/// The external byte of an index.
pub(super) fn address(base: u32, strides: &[i64], index: &[usize]) -> u64 {
    u64::from(base) + offset(strides, index) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(bytes: usize, levels: usize) -> Rows {
        let level = |l: usize| (2, 1 << l, 1 << l);
        Rows {
            bytes,
            loops: (0..levels).map(level).collect(),
        }
    }

    /// The slices' parts of a box are one exec as far as they are alike and equally far from each other.
    #[test]
    fn slices_are_joined() {
        let part = |s: usize, bytes, levels| {
            let exec = dma(100 * s as u64, 4096 * s, &rows(bytes, levels), false);
            exec.unwrap()
        };
        let alike = joined((0..4).map(|s| part(s, 16, 1)).collect());
        let nest = vec![
            LoopLevel {
                count: 2,
                stride_a: 1,
                stride_b: 1,
            },
            LoopLevel {
                count: 4,
                stride_a: 100,
                stride_b: 4096,
            },
        ];
        assert_eq!(alike, [(part(0, 16, 1).0, nest)]);
        // The last one is shorter, the third is somewhere else: each is an exec of its own.
        let shorter = vec![part(0, 16, 0), part(1, 16, 0), part(2, 8, 0)];
        assert_eq!(joined(shorter).len(), 2);
        let apart = vec![part(0, 16, 0), part(1, 16, 0), part(5, 16, 0)];
        assert_eq!(joined(apart).len(), 2);
        // There is no level more, and no stride as long.
        let full = vec![part(0, 16, LEVELS), part(1, 16, LEVELS)];
        assert_eq!(joined(full.clone()), full);
        let far = vec![part(0, 16, 0), part(1 << 11, 16, 0)];
        assert_eq!(joined(far.clone()), far);
        assert_eq!(joined(Vec::new()), []);
    }
}
