//! The parts of the contraction engine: operand select, multipliers, packet reducer, accumulator slots, lane folder.

use fastrand::Rng;
use proptest::prelude::*;
use tcpu_golden::fold::fold;
use tcpu_golden::packet::reduce;
use tcpu_hdl::contract::fold::LaneFolder;
use tcpu_hdl::contract::multiply::Multipliers;
use tcpu_hdl::contract::operand::OperandSelect;
use tcpu_hdl::contract::packet::Levels;
use tcpu_hdl::contract::time::Slots;
use tcpu_hdl::decode::Decode;
use tcpu_hdl::types::{Cells, Flits, Operands, U};
use tcpu_isa::{encode, int4, Command, Contract, FoldOrder};
use tcpu_testbench::bench::{check, settle, Bench, Outcome, Stalls, Watch};

use crate::cases::{any_contract, build, byte, config, stalls};

/// A cell for each lane and column of two slices.
fn cells<const N: usize, const A: usize, const F: usize>(
    mut cell: impl FnMut() -> i32,
) -> Cells<N, 2, A, F> {
    Cells([(); 2].map(|()| [(); A].map(|()| [(); F].map(|()| cell()))))
}

/// Products through all levels of the tree, as the engine chains them.
fn reducer<const F: usize>(seed: u64, watch: &mut Watch) -> Outcome {
    let mut rng = Rng::with_seed(seed);
    for depth in 0..=F.trailing_zeros() as u8 {
        let products = cells::<21, 2, F>(|| i32::from(byte(&mut rng)) * i32::from(byte(&mut rng)));
        let mut sums = products;
        for first in [0, 2, 4] {
            let mut bench = Bench::new(Levels::<2, 2, F>::new(first), |_, _| (), watch)?;
            bench.uut.cells.next = sums;
            bench.uut.depth.next = U::new(depth.into());
            bench.settle();
            sums = bench.uut.sums.val();
            bench.edge();
        }
        for (found, products) in sums.0.iter().flatten().zip(products.0.iter().flatten()) {
            let products: Vec<i64> = products.iter().map(|&p| p.into()).collect();
            let expected = reduce(&products, depth);
            let found: Vec<i64> = found[..F >> depth].iter().map(|&c| c.into()).collect();
            ensure_eq!(found, expected, "columns at depth {depth}");
        }
    }
    Ok(())
}

/// Every byte, whole and splat, at every place.
fn select<const L: usize, const F: usize>(seed: u64, watch: &mut Watch) -> Outcome {
    let mut rng = Rng::with_seed(seed);
    let block = OperandSelect::<2, L, F>::default();
    let mut bench = Bench::new(block, |_, _| (), watch)?;
    for at in 0..F {
        for (splat, skew) in [(false, false), (false, true), (true, false), (true, true)] {
            let row =
                Operands([(); 2].map(|()| [(); L].map(|()| [(); F].map(|()| byte(&mut rng)))));
            bench.uut.row.next = row;
            bench.uut.at.next = at.into();
            bench.uut.splat.next = splat;
            bench.uut.skew.next = skew;
            bench.settle();
            let w = bench.uut.w.val();
            for s in 0..2 {
                for l in 0..L {
                    let from = |f: usize| match (splat, skew) {
                        (false, _) => f,
                        (true, false) => at,
                        (true, true) => (at + l) % F,
                    };
                    let expected: [i8; F] = std::array::from_fn(|f| row.0[s][l][from(f)]);
                    ensure_eq!(w.0[s][l], expected, "byte {at}, {splat}, {skew}, lane {l}");
                }
            }
            bench.edge();
        }
    }
    Ok(())
}

/// Random operands and pairs of operands, taken and multiplied when their seeds say so.
fn multiply<const L: usize, const F: usize, const A: usize>(
    cycles: u64,
    seeds: &[u64],
    watch: &mut Watch,
) -> Outcome {
    let block = Multipliers::<2, L, F, A>::default();
    let mut bench = Bench::new(block, |u, c| u.clock.next.clk = c, watch)?;
    let (mut take_stalls, mut make_stalls) = (Stalls::new(seeds[0]), Stalls::new(seeds[1]));
    let mut rng = Rng::with_seed(seeds[2]);
    let mut operands = None;
    let mut shown = None;
    while bench.cycle() < cycles {
        let nibbles = A > L && rng.bool();
        let (take, make) = (!take_stalls.refuses(), !make_stalls.refuses());
        let x = [(); 2].map(|()| [(); F].map(|()| byte(&mut rng)));
        let w = [(); 2].map(|()| [(); L].map(|()| [(); F].map(|()| byte(&mut rng))));
        let uut = &mut bench.uut;
        (uut.take.next, uut.make.next) = (take, make);
        (uut.x.next, uut.w.next, uut.nibbles.next) = (Flits(x), Operands(w), nibbles);
        bench.settle();
        if let Some((x, w, nibbles)) = shown {
            let found = bench.uut.products.val().0;
            // Without nibbles the second half of the lanes means nothing.
            for (s, a) in (0..2).flat_map(|s| (0..A).map(move |a| (s, a))) {
                let product = |f: usize| {
                    let (x, w): (&[[i8; F]; 2], &[[[i8; F]; L]; 2]) = (&x, &w);
                    let weight = match nibbles {
                        true => int4::halves(w[s][a % L][f])[a / L],
                        false => w[s][a % L][f],
                    };
                    i32::from(x[s][f]) * i32::from(weight)
                };
                if nibbles || a < L {
                    let expected: [i32; F] = std::array::from_fn(product);
                    ensure_eq!(found[s][a], expected, "products of lane {a}");
                }
            }
        }
        if make {
            shown = operands;
        }
        if take {
            operands = Some((x, w, nibbles));
        }
        bench.edge();
    }
    Ok(())
}

/// Random reads and writes of a store with `slots` slots and twice two lanes.
fn slots(slots: usize, cycles: u64, seed: u64, watch: &mut Watch) -> Outcome {
    let mut rng = Rng::with_seed(seed);
    let block = Slots::<2, 4, 4>::new(slots, 2);
    let mut bench = Bench::new(block, |u, c| u.clock.next.clk = c, watch)?;
    let mut expected = vec![Cells::<32, 2, 4, 4>::default(); slots];
    while bench.cycle() < cycles {
        let at = rng.usize(..4 * slots);
        let (write, both) = (rng.bool(), rng.bool());
        bench.uut.at.next = at.into();
        bench.uut.write.next = write;
        bench.uut.both.next = both;
        bench.uut.data.next = cells(|| rng.i32(..));
        bench.settle();
        ensure_eq!(bench.uut.sums.val(), expected[at % slots], "slot {at}");
        let new = bench.uut.data.val();
        let lanes = if both { 4 } else { 2 };
        for (kept, new) in expected[at % slots]
            .0
            .iter_mut()
            .zip(new.0)
            .filter(|_| write)
        {
            kept[..lanes].copy_from_slice(&new[..lanes]);
        }
        bench.edge();
    }
    Ok(())
}

/// Folds rows with their parameters; seeds stall the rows and the values.
fn folder<const L: usize, const F: usize, const V: usize, const A: usize>(
    rows: &[Contract],
    seeds: &[u64],
    watch: &mut Watch,
) -> Outcome {
    let block = LaneFolder::<2, A, F, V>::new(L);
    let mut bench = Bench::new(block, |u, c| u.clock.next.clk = c, watch)?;
    let (mut row_stalls, mut take_stalls) = (Stalls::new(seeds[0]), Stalls::new(seeds[1]));
    let mut rng = Rng::with_seed(seeds[2]);
    let mut decode = Decode::default();
    let mut rows = rows.iter();
    let mut next = None;
    let mut left: std::collections::VecDeque<[Vec<i32>; 2]> = Default::default();
    let mut flits = 0;
    while rows.len() > 0 || next.is_some() || !left.is_empty() {
        if next.is_none() && !row_stalls.refuses() {
            let mut row = || cells::<32, A, F>(|| rng.i32(..));
            next = rows.next().map(|params| (params, row()));
        }
        let take = !left.is_empty() && !take_stalls.refuses();
        let accept = left.is_empty() || (left.len() == 1 && take);
        bench.uut.row_valid.next = next.is_some();
        if let Some((params, row)) = next {
            bench.uut.row.next = row;
            decode.word.next = encode(&Command::Contract(*params)).into();
            settle(&mut decode);
            bench.uut.params.next = decode.contract.val();
        }
        bench.uut.taken.next = take;
        bench.settle();
        let uut = &bench.uut;
        ensure_eq!(uut.accept.val(), accept, "accept");
        ensure_eq!(uut.valid.val(), !left.is_empty(), "valid");
        if let Some(slices) = left.front() {
            let count = slices[0].len();
            ensure_eq!(uut.count.val(), count.into(), "count");
            for (s, values) in slices.iter().enumerate() {
                let found = &uut.values.val().0[s];
                let expected: Vec<i64> = values.iter().map(|&v| v.into()).collect();
                ensure_eq!(found[..count], expected, "values of slice {s}");
            }
        }
        if take {
            left.pop_front();
            flits += 1;
        }
        if let (true, Some((params, row))) = (accept, next) {
            let lanes = |s: usize| row.0[s].map(|lane| lane.to_vec());
            let [a, b] = [0, 1].map(|s| fold(params, L, &lanes(s)));
            left.extend(a.into_iter().zip(b).map(|(a, b)| [a, b]));
            next = None;
        }
        bench.edge();
    }
    if !row_stalls.stalls() && !take_stalls.stalls() {
        ensure_eq!(bench.cycle(), flits + 1, "cycles at one flit per cycle");
    }
    Ok(())
}

/// Parameters of rows on a preset.
fn rows(preset: &str) -> impl Strategy<Value = Vec<Contract>> {
    let config = build(preset);
    let row = (any::<u64>(), any::<bool>()).prop_map(move |(seed, whole)| {
        let mut row = any_contract(&config, &mut Rng::with_seed(seed));
        if whole {
            row.order = FoldOrder::Sequential;
            (row.lanes, row.group) = (config.lanes as u8, config.values() as u8);
            row.cols = config.flit as u8 >> row.depth;
        }
        row
    });
    prop::collection::vec(row, 1..8)
}

proptest! {
    #![proptest_config(config(512))]

    /// At every depth and flit size, a column is the exact sum of its products, the largest ones too.
    #[test]
    fn packet_reducer(seed in any::<u64>()) {
        check("contract_reducer_4", |watch| reducer::<4>(seed, watch))?;
        check("contract_reducer_8", |watch| reducer::<8>(seed, watch))?;
        check("contract_reducer_16", |watch| reducer::<16>(seed, watch))?;
        check("contract_reducer_32", |watch| reducer::<32>(seed, watch))?;
    }

    /// The row as it is, or one byte of each lane for all of its multipliers, skewed by the lane or not.
    #[test]
    fn operand_select(seed in any::<u64>()) {
        check("contract_select_4", |watch| select::<2, 4>(seed, watch))?;
        check("contract_select_32", |watch| select::<1, 32>(seed, watch))?;
        check("contract_select_lanes", |watch| select::<16, 4>(seed, watch))?;
        check("contract_select_16", |watch| select::<4, 16>(seed, watch))?;
    }

    /// Every multiplier's product, or both of its products with the halves of its weight, is exact, for all
    /// bytes; operands move on when they are told to and else stand still.
    #[test]
    fn multipliers(cycles in 1u64..60, seeds in stalls(3)) {
        check("contract_multiply_pairs", |watch| multiply::<2, 4, 4>(cycles, &seeds, watch))?;
        check("contract_multiply_single", |watch| multiply::<2, 8, 2>(cycles, &seeds, watch))?;
    }

    /// A slot shows in the same cycle what was last written to it, in the cycle before too; slot numbers wrap;
    /// the second half of the lanes is only written with the first.
    #[test]
    fn accumulator_slots(log in 0u32..4, cycles in 1u64..60, seed in any::<u64>()) {
        check("contract_slots", |watch| slots(1 << log, cycles, seed, watch))?;
    }

    /// Rows leave as the golden model's flits, in both orders, with whatever lanes, columns and groups, each
    /// row by its own parameters; a row is accepted while the last flit of the one before leaves, so that
    /// without stalls a flit leaves in every cycle.
    #[test]
    fn lane_folder(
        small in rows("tiny"),
        large in rows("ecp5-85k"),
        wide in rows("wide"),
        tall in rows("tall"),
        seeds in stalls(3),
    ) {
        check("contract_folder_4", |watch| folder::<2, 4, 1, 4>(&small, &seeds, watch))?;
        check("contract_folder_32", |watch| folder::<1, 32, 8, 2>(&wide, &seeds, watch))?;
        check("contract_folder_lanes", |watch| folder::<16, 4, 1, 16>(&tall, &seeds, watch))?;
        check("contract_folder_16", |watch| folder::<4, 16, 4, 4>(&large, &seeds, watch))?;
    }
}
