//! Fetch and collect: packets out of DM become flits.
//!
//! ```text
//! DM ── packet bytes at base + a ──> [ pack packets side by side, zero filled ] ── tail mask ──> flit
//! ```

use tcpu_isa::{Fetch, LoopLevel};

use crate::sequencer::steps;

/// A flit, and the `b` offset of its last packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flit {
    pub bytes: Vec<u8>,
    pub b: i64,
}

/// The flits that a fetch makes of one slice's DM; an incomplete last flit is `Err(packets in it)`.
pub fn flits(
    fetch: &Fetch,
    nest: &[LoopLevel],
    flit: usize,
    dm: &[u8],
) -> Result<Vec<Flit>, usize> {
    let mut flits = Vec::new();
    let mut bytes = Vec::with_capacity(flit);
    for step in steps(nest) {
        let start = i64::from(fetch.base) + step.a;
        bytes.extend((0..i64::from(fetch.packet)).map(|i| read(dm, start + i)));
        if bytes.len() < usize::from(fetch.packet) * usize::from(fetch.pack) {
            continue;
        }
        bytes.resize(flit, 0);
        if let Some(tail) = fetch.tail {
            if step.at_last >> tail.level & 1 == 1 {
                bytes[usize::from(tail.bytes)..].fill(0);
            }
        }
        flits.push(Flit {
            bytes: std::mem::take(&mut bytes),
            b: step.b,
        });
    }
    match bytes.len() / usize::from(fetch.packet) {
        0 => Ok(flits),
        left => Err(left),
    }
}

/// A byte of DM; addresses wrap at its end.
fn read(dm: &[u8], address: i64) -> u8 {
    dm[address.rem_euclid(dm.len() as i64) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;
    use tcpu_isa::{Sync, Tail};

    /// Gathered bytes fill a flit from its low end, the tail masks its last iteration, addresses wrap.
    #[test]
    fn gather_tail_wrap() {
        let dm: Vec<u8> = (0..32).collect();
        let level = |count, stride_a| LoopLevel {
            count,
            stride_a,
            stride_b: 0,
        };
        let fetch = Fetch {
            levels: 2,
            base: 1,
            packet: 1,
            pack: 3,
            tail: Some(Tail { level: 1, bytes: 2 }),
            sync: Sync::default(),
        };
        let found = flits(&fetch, &[level(3, 8), level(2, 1)], 4, &dm).unwrap();
        assert_eq!(found[0].bytes, [1, 9, 17, 0]);
        assert_eq!(found[1].bytes, [2, 10, 0, 0]);
        let whole = Fetch {
            base: 30,
            packet: 4,
            pack: 1,
            tail: None,
            levels: 0,
            ..fetch
        };
        assert_eq!(flits(&whole, &[], 4, &dm).unwrap()[0].bytes, [30, 31, 0, 1]);
        let odd = Fetch {
            tail: None,
            ..fetch
        };
        assert_eq!(flits(&odd, &[level(4, 1)], 4, &dm), Err(1));
    }
}
