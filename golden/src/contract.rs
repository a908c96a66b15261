//! The contraction engine: operands, products, packet reducer, time reducer, lane folder.
//!
//! ```text
//! stream flit ─────────────┐
//!                          x ──> packet reducer ──> time reducer ──> lane folder ──> value flits
//! TRF row (byte or splat) ─┘
//! ```
//!
//! With `nibbles` all of it happens twice, for the low and the high halves of the TRF bytes.

use tcpu_isa::{int4, Contract, LoopLevel};

use crate::fold::fold;
use crate::packet::reduce;
use crate::sequencer::steps;
use crate::time::{accumulate, Before, Overflow};

/// TRF of one slice: `trf[row * L + lane]` is a flit.
pub type Trf = Vec<Vec<i8>>;
/// Accumulators of one slice: `slots[slot][lane][column]`, lanes of the low halves first.
pub type Slots = Vec<Vec<Vec<i32>>>;

/// Flits that an exec takes from the stream.
pub fn flits_needed(contract: &Contract, nest: &[LoopLevel]) -> usize {
    let held = (1u16 << contract.hold) as u8;
    let mask = held.wrapping_sub(1) | if contract.hold >= 8 { u8::MAX } else { 0 };
    steps(nest).filter(|s| s.at_last & mask == mask).count()
}

/// Flits of values that an exec hands to commit.
pub fn flits_made(contract: &Contract, nest: &[LoopLevel]) -> usize {
    if !contract.emit {
        return 0;
    }
    let rows = steps(nest)
        .filter(|s| s.at_last & contract.reduce == contract.reduce)
        .count();
    let lanes = usize::from(contract.lanes);
    let shape = vec![vec![0; usize::from(contract.cols)]; 2 * lanes];
    rows * fold(contract, lanes, &shape).len()
}

/// Runs an exec in one slice: takes flits from `stream`, works on `slots`, returns the value flits.
pub fn contract(
    contract: &Contract,
    nest: &[LoopLevel],
    lanes: usize,
    stream: &[Vec<u8>],
    trf: &Trf,
    slots: &mut Slots,
) -> Result<Vec<Vec<i32>>, Overflow> {
    let mut flits = stream.iter();
    let mut held: Option<&Vec<u8>> = None;
    let mut values = Vec::new();
    let hold_mask = if contract.hold >= 8 {
        u8::MAX
    } else {
        (1 << contract.hold) - 1
    };
    let slot_count = slots.len() as i64;
    for step in steps(nest) {
        let flit = match held.take() {
            Some(flit) => flit,
            None => match flits.next() {
                Some(flit) => flit,
                None => break,
            },
        };
        if step.at_last & hold_mask != hold_mask {
            held = Some(flit);
        }
        let digit = match contract.radix {
            0 => 0,
            radix => contract.reduce & ((1u16 << (radix - 1)) - 1) as u8,
        };
        let before = if contract.init && step.at_first & contract.reduce == contract.reduce {
            Before::Restart
        } else if contract.radix > 0 && step.at_first & digit == digit {
            Before::Scale
        } else {
            Before::Keep
        };
        let complete = contract.emit && step.at_last & contract.reduce == contract.reduce;
        let width = flit.len();
        let rows = (trf.len() / lanes) as i64;
        let address = i64::from(contract.trf) + step.a;
        let row = address.div_euclid(width as i64).rem_euclid(rows) as usize;
        let byte = address.rem_euclid(width as i64) as usize;
        let slot = (i64::from(contract.slot) + step.b).rem_euclid(slot_count) as usize;
        let used = lanes * if contract.nibbles { 2 } else { 1 };
        for (place, accumulators) in slots[slot][..used].iter_mut().enumerate() {
            let (half, l) = (place / lanes, place % lanes);
            let weights = &trf[row * lanes + l];
            let first = byte + if contract.skew { l } else { 0 };
            let splat = |f: usize| (first + f / accumulators.len()) % width;
            let products: Vec<i64> = (0..width)
                .map(|f| {
                    let byte = weights[if contract.splat { splat(f) } else { f }];
                    let weight = match contract.nibbles {
                        true => int4::halves(byte)[half],
                        false => byte,
                    };
                    i64::from(flit[f] as i8) * i64::from(weight)
                })
                .collect();
            for (c, column) in reduce(&products, contract.depth).into_iter().enumerate() {
                accumulators[c] = accumulate(accumulators[c], before, column)?;
            }
        }
        if complete {
            values.extend(fold(contract, lanes, &slots[slot]));
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tcpu_isa::{FoldOrder, Sync};

    fn base() -> Contract {
        Contract {
            levels: 1,
            trf: 0,
            splat: false,
            skew: false,
            depth: 2,
            slot: 0,
            hold: 0,
            reduce: 1,
            init: true,
            emit: true,
            lanes: 2,
            cols: 1,
            order: FoldOrder::Interleaved,
            group: 1,
            radix: 0,
            nibbles: false,
            sync: Sync::default(),
        }
    }

    proptest! {
        /// Whole flits against TRF rows are dot products, lane by lane.
        #[test]
        fn dot_products(
            x in prop::collection::vec(any::<i8>(), 12),
            w in prop::collection::vec(any::<i8>(), 24),
        ) {
            let nest = [LoopLevel { count: 3, stride_a: 4, stride_b: 0 }];
            let stream: Vec<Vec<u8>> =
                x.chunks(4).map(|c| c.iter().map(|&b| b as u8).collect()).collect();
            // row k: lane 0, lane 1
            let trf: Trf = w.chunks(4).map(<[i8]>::to_vec).collect();
            let mut slots = vec![vec![vec![99; 4]; 2]; 1];
            let values = contract(&base(), &nest, 2, &stream, &trf, &mut slots).unwrap();
            for lane in 0..2 {
                let dot: i32 = (0..12)
                    .map(|i| i32::from(x[i]) * i32::from(trf[i / 4 * 2 + lane][i % 4]))
                    .sum();
                prop_assert_eq!(&values[lane], &vec![dot]);
            }
        }

        /// With nibbles, a lane's bytes are two vectors of int4, and their dot products come out half by half.
        #[test]
        fn pairs(
            x in prop::collection::vec(any::<i8>(), 12),
            w in prop::collection::vec(-8i8..=7, 48),
        ) {
            let nest = [LoopLevel { count: 3, stride_a: 4, stride_b: 0 }];
            let stream: Vec<Vec<u8>> =
                x.chunks(4).map(|c| c.iter().map(|&b| b as u8).collect()).collect();
            let (low, high) = w.split_at(24);
            let bytes: Vec<i8> = low.iter().zip(high).map(|(&l, &h)| int4::pair(l, h) as i8).collect();
            let trf: Trf = bytes.chunks(4).map(<[i8]>::to_vec).collect();
            let mut slots = vec![vec![vec![99; 4]; 4]; 1];
            let command = Contract { nibbles: true, ..base() };
            let values = contract(&command, &nest, 2, &stream, &trf, &mut slots).unwrap();
            prop_assert_eq!(values.len(), flits_made(&command, &nest));
            for (place, value) in values.iter().enumerate() {
                let (half, lane) = ([low, high][place / 2], place % 2);
                let weight = |i: usize| half[(i / 4 * 2 + lane) * 4 + i % 4];
                let dot: i32 = (0..12).map(|i| i32::from(x[i]) * i32::from(weight(i))).sum();
                prop_assert_eq!(value, &vec![dot]);
            }
        }

        /// With splat, each lane multiplies the whole flit with its one byte (skewed by its number),
        /// and a held flit is used for several slots.
        #[test]
        fn splat_and_hold(
            x in prop::collection::vec(any::<i8>(), 4),
            w in prop::collection::vec(any::<i8>(), 8),
            skew in any::<bool>(),
        ) {
            let nest = [LoopLevel { count: 2, stride_a: 1, stride_b: 1 }];
            let stream = vec![x.iter().map(|&b| b as u8).collect::<Vec<u8>>()];
            let trf: Trf = w.chunks(4).map(<[i8]>::to_vec).collect();
            let command = Contract {
                splat: true, skew, depth: 0, hold: 1, reduce: 0, cols: 4,
                order: FoldOrder::Sequential, group: 4, ..base()
            };
            prop_assert_eq!(flits_needed(&command, &nest), 1);
            prop_assert_eq!(flits_made(&command, &nest), 4);
            let mut slots = vec![vec![vec![0; 4]; 2]; 2];
            let values = contract(&command, &nest, 2, &stream, &trf, &mut slots).unwrap();
            for (i, flit) in values.iter().enumerate() {
                let (step, lane) = (i / 2, i % 2);
                let weight = trf[lane][step + if skew { lane } else { 0 }];
                let expected: Vec<i32> =
                    x.iter().map(|&b| i32::from(b) * i32::from(weight)).collect();
                prop_assert_eq!(flit, &expected);
            }
        }
    }
}
