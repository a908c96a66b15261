//! The parts of the contraction engine: operand select, multipliers, packet reducer, accumulators, lane folder.

use std::collections::VecDeque;
use std::error::Error;

use fastrand::Rng;
use proptest::prelude::*;
use tcpu_golden::fold::fold;
use tcpu_golden::packet::reduce;
use tcpu_hdl::contract::fold::{FoldParams, LaneFolder, Pick, Place};
use tcpu_hdl::contract::multiply::Multipliers;
use tcpu_hdl::contract::operand::OperandSelect;
use tcpu_hdl::contract::packet::Level;
use tcpu_hdl::contract::time::Accumulators;
use tcpu_hdl::types::{Cells, Flits, Operands, ToBits, U};
use tcpu_isa::{int4, Contract, FoldOrder};
use tcpu_testbench::bench::{check, Bench, Outcome, Stalls, Watch};

use crate::cases::{any_contract, build, byte, config, stalls};

/// A cell for each lane and column of two slices.
fn cells<const N: usize, const A: usize, const F: usize>(
    mut cell: impl FnMut() -> i32,
) -> Cells<N, 2, A, F> {
    Cells([(); 2].map(|()| [(); A].map(|()| [(); F].map(|()| cell()))))
}

/// A level of the tree.
fn level<const N: usize, const M: usize, const F: usize>(
    number: usize,
    least: usize,
    depth: u8,
    cells: Cells<N, 2, 2, F>,
    watch: &mut Watch,
) -> Result<Cells<M, 2, 2, F>, Box<dyn Error>> {
    let block = Level::<N, M, 2, 2, F>::new(number, least);
    let mut bench = Bench::new(block, |u, c| u.clock.next.clk = c, watch)?;
    // Other depths count with the cells before and behind these.
    for depth in [depth, !depth] {
        bench.uut.depth.next = U::new(depth.into());
        bench.settle();
        bench.edge();
    }
    bench.uut.cells.next = cells;
    bench.settle();
    let sums = bench.uut.sums.val();
    bench.edge();
    Ok(sums)
}

/// Products through all levels of the tree, of which the first `least` always add, as the engine chains them.
fn reducer<const F: usize>(least: usize, seed: u64, watch: &mut Watch) -> Outcome {
    let mut rng = Rng::with_seed(seed);
    for depth in least as u8..=F.trailing_zeros() as u8 {
        let products = cells::<16, 2, F>(|| i32::from(byte(&mut rng)) * i32::from(byte(&mut rng)));
        let sums: Cells<17, 2, 2, F> = level(0, least, depth, products, watch)?;
        let sums: Cells<18, 2, 2, F> = level(1, least, depth, sums, watch)?;
        let sums: Cells<19, 2, 2, F> = level(2, least, depth, sums, watch)?;
        let sums: Cells<20, 2, 2, F> = level(3, least, depth, sums, watch)?;
        let sums: Cells<21, 2, 2, F> = level(4, least, depth, sums, watch)?;
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
fn select<const L: usize, const F: usize>(columns: usize, seed: u64, watch: &mut Watch) -> Outcome {
    let mut rng = Rng::with_seed(seed);
    let block = OperandSelect::<2, L, F>::new(columns);
    let mut bench = Bench::new(block, |u, c| u.clock.next.clk = c, watch)?;
    for at in 0..F {
        for (splat, skew) in [(false, false), (false, true), (true, false), (true, true)] {
            let row =
                Operands([(); 2].map(|()| [(); L].map(|()| [(); F].map(|()| byte(&mut rng)))));
            bench.uut.at.next = at.into();
            bench.uut.splat.next = splat;
            bench.uut.skew.next = skew;
            bench.settle();
            bench.edge();
            // What is said from now on counts with other rows.
            for edge in [true, false] {
                bench.uut.row.next = row;
                bench.uut.at.next = U::new(rng.u64(..));
                bench.uut.splat.next = rng.bool();
                bench.uut.skew.next = rng.bool();
                bench.settle();
                if edge {
                    bench.edge();
                }
            }
            let w = bench.uut.w.val();
            for s in 0..2 {
                for l in 0..L {
                    let from = |f: usize| match (splat, skew) {
                        (false, _) => f,
                        (true, false) => (at + f / columns) % F,
                        (true, true) => (at + l + f / columns) % F,
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

/// Random operands and pairs of operands.
fn multiply<const L: usize, const F: usize, const A: usize>(
    logic: usize,
    cycles: u64,
    seed: u64,
    watch: &mut Watch,
) -> Outcome {
    let block = Multipliers::<2, L, F, A>::new(logic);
    let mut bench = Bench::new(block, |u, c| u.clock.next.clk = c, watch)?;
    let mut rng = Rng::with_seed(seed);
    let mut before = [None; 2];
    while bench.cycle() < cycles {
        let nibbles = A > L && rng.bool();
        let x = [(); 2].map(|()| [(); F].map(|()| byte(&mut rng)));
        let w = [(); 2].map(|()| [(); L].map(|()| [(); F].map(|()| byte(&mut rng))));
        let uut = &mut bench.uut;
        (uut.x.next, uut.w.next, uut.nibbles.next) = (Flits(x), Operands(w), nibbles);
        bench.settle();
        if let Some((x, w, nibbles)) = before[1] {
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
        before = [Some((x, w, nibbles)), before[0]];
        bench.edge();
    }
    Ok(())
}

/// Random steps of accumulators with `slots` slots, twice two lanes and so many columns of four.
fn accumulate(slots: usize, columns: usize, cycles: u64, seed: u64, watch: &mut Watch) -> Outcome {
    let mut rng = Rng::with_seed(seed);
    let block = Accumulators::<2, 4, 4>::new(slots, 2, columns);
    let mut bench = Bench::new(block, |u, c| u.clock.next.clk = c, watch)?;
    let mut sums = vec![Cells::<32, 2, 4, 4>::default(); slots];
    // The rows that were finished last, in this cycle and in the one before.
    let mut rows = [Cells::<32, 2, 4, 4>::default(); 2];
    // What stands for nothing, and for how many cycles it was cleared by columns that are 0.
    let (mut zero, mut cleared) = (Cells::<32, 2, 4, 4>::default(), 0);
    // What was said in the cycle before: slot, write, both, restart, scale, finished; clear was in the one before that.
    let mut said = (0, [false; 5], false);
    let mut clears = false;
    while bench.cycle() < cycles {
        let next_clears = rng.u8(..8) < if clears { 6 } else { 1 };
        let now = (rng.usize(..64), [(); 5].map(|()| rng.bool()), clears);
        let uut = &mut bench.uut;
        let [write, both, restart, scale, finished] = now.1;
        uut.at.next = now.0.into();
        (uut.write.next, uut.both.next) = (write, both);
        (uut.restart.next, uut.scale.next) = (restart, scale);
        (uut.finished.next, uut.clear.next) = (finished, next_clears);
        let nothing = said.2 && rng.u8(..8) > 0;
        uut.columns.next = cells(|| if nothing { 0 } else { rng.i32(..) >> 11 });
        bench.settle();
        let shown = bench.uut.row.val().0.into_iter().flatten().flatten();
        let [newer, older] = rows.map(|row| row.0.into_iter().flatten().flatten());
        for ((found, newer), older) in shown.zip(newer).zip(older) {
            ensure_eq!(found as u16, newer as u16, "lower half");
            ensure_eq!(found >> 16, older >> 16, "upper half, a cycle later");
        }
        let (at, [write, both, restart, scale, finished], clear) = said;
        let slot = &mut sums[at % slots];
        let from = if restart || clear { &zero } else { &*slot };
        let mut sum = bench.uut.columns.val().to_bits();
        for (new, old) in sum.0.iter_mut().zip(&from.0) {
            for (new, &old) in new.iter_mut().flatten().zip(old.iter().flatten()) {
                let scale = if scale || clear { 256 } else { 1 };
                *new = (i64::from(*new) + i64::from(old) * scale) as i32;
            }
            new.iter_mut().for_each(|lane| lane[columns..].fill(0));
        }
        rows = [if finished { sum } else { rows[0] }, rows[0]];
        if clear {
            zero = sum;
            cleared = if nothing { cleared + 1 } else { 0 };
            ensure!(cleared < 4 || zero == Cells::default(), "it is 0 again");
        } else if write {
            let lanes = if both { 4 } else { 2 };
            for (kept, new) in slot.0.iter_mut().zip(sum.0) {
                kept[..lanes].copy_from_slice(&new[..lanes]);
            }
        }
        (said, clears) = (now, next_clears);
        bench.edge();
    }
    Ok(())
}

/// The flits of a row: where each begins, and how many values it has.
fn flits(row: &Contract) -> Vec<(Place, usize)> {
    let interleaved = row.order == FoldOrder::Interleaved;
    let (runs, length) = match interleaved {
        false => (row.lanes, row.cols),
        true => (row.cols, row.lanes),
    };
    let mut flits = Vec::new();
    for high in [false, true].into_iter().take(1 + usize::from(row.nibbles)) {
        for major in 0..runs {
            for minor in (0..length).step_by(row.group.into()) {
                let place = Place {
                    interleaved,
                    high,
                    major: U::new(major.into()),
                    minor: U::new(minor.into()),
                };
                flits.push((place, row.group.min(length - minor).into()));
            }
        }
    }
    flits
}

/// Walks over rows; seeds stall the rows and the flits.
fn folder(rows: &[Contract], seeds: &[u64], watch: &mut Watch) -> Outcome {
    let block = LaneFolder::default();
    let mut bench = Bench::new(block, |u, c| u.clock.next.clk = c, watch)?;
    let (mut row_stalls, mut take_stalls) = (Stalls::new(seeds[0]), Stalls::new(seeds[1]));
    let mut resets = Rng::with_seed(seeds[2]);
    let mut rows = rows.iter();
    let mut next: Option<&Contract> = None;
    let mut left: VecDeque<(Place, usize)> = VecDeque::new();
    let mut taken = 0;
    while rows.len() > 0 || next.is_some() || !left.is_empty() {
        if next.is_none() && !row_stalls.refuses() {
            next = rows.next();
        }
        let willing = !take_stalls.refuses();
        let take = !left.is_empty() && willing;
        let accept = left.is_empty() || (left.len() == 1 && take);
        bench.uut.row_valid.next = next.is_some();
        if let Some(row) = next {
            bench.uut.params.next = FoldParams {
                lanes: U::new(row.lanes.into()),
                cols: U::new(row.cols.into()),
                interleaved: row.order == FoldOrder::Interleaved,
                group: U::new(row.group.into()),
                nibbles: row.nibbles,
            };
        }
        bench.uut.willing.next = willing;
        let reset = seeds[2] > 0 && resets.u8(..32) == 0;
        bench.uut.reset.next = reset;
        bench.settle();
        let uut = &bench.uut;
        ensure_eq!(uut.accept.val(), accept, "accept");
        ensure_eq!(uut.valid.val(), !left.is_empty(), "valid");
        if let Some((place, count)) = left.front() {
            ensure_eq!(uut.place.val(), *place, "place");
            ensure_eq!(uut.count.val(), (*count).into(), "count");
        }
        if take {
            left.pop_front();
            taken += 1;
        }
        if accept {
            left.extend(next.take().into_iter().flat_map(flits));
        }
        if reset {
            left.clear();
        }
        bench.edge();
    }
    if seeds[2] == 0 && !row_stalls.stalls() && !take_stalls.stalls() {
        ensure_eq!(bench.cycle(), taken + 1, "cycles at one flit per cycle");
    }
    Ok(())
}

/// Picks the flits of rows, one per cycle, from the row that the flit belongs to.
fn pick<const L: usize, const F: usize, const V: usize, const A: usize>(
    columns: usize,
    rows: &[Contract],
    seed: u64,
    watch: &mut Watch,
) -> Outcome {
    let block = Pick::<2, A, F, V>::new(L, columns);
    let mut bench = Bench::new(block, |u, c| u.clock.next.clk = c, watch)?;
    let mut rng = Rng::with_seed(seed);
    // Of the flits whose places were told: where they begin, and their values.
    let mut told: [Option<(Place, [Vec<i32>; 2])>; 3] = [None, None, None];
    let mut rows = rows.iter();
    let mut left = VecDeque::new();
    let mut row = Cells::default();
    let mut next_row: Cells<32, 2, A, F> = row;
    let mut upper = row;
    while rows.len() > 0 || !left.is_empty() || told.iter().any(Option::is_some) {
        if left.is_empty() {
            if let Some(params) = rows.next() {
                next_row = cells::<32, A, F>(|| rng.i32(..));
                let lanes = |s: usize| next_row.0[s].map(|lane| lane.to_vec());
                let [a, b] = [0, 1].map(|s| fold(params, L, &lanes(s)));
                let values = a.into_iter().zip(b).map(|(a, b)| [a, b]);
                left.extend(
                    flits(params)
                        .into_iter()
                        .map(|(place, _)| place)
                        .zip(values),
                );
            }
        }
        let next = left.pop_front();
        let mut halves = row;
        let cells = halves.0.iter_mut().flatten().flatten();
        for (cell, upper) in cells.zip(upper.0.into_iter().flatten().flatten()) {
            *cell = (*cell & 0xffff) | (upper & !0xffff);
        }
        bench.uut.row.next = halves;
        bench.uut.place.next = next.as_ref().map_or(Place::default(), |(place, _)| *place);
        bench.settle();
        if let Some((place, values)) = &told[2] {
            let start = (place.major.value() + place.minor.value()) as usize;
            for (s, values) in values.iter().enumerate() {
                let banks = bench.uut.values.val().0[s];
                let found: Vec<i64> = (0..values.len()).map(|v| banks[(start + v) % V]).collect();
                let expected: Vec<i64> = values.iter().map(|&v| v.into()).collect();
                ensure_eq!(found, expected, "values of slice {s} at {place:?}");
            }
        }
        let [newest, newer, _] = told;
        told = [next, newest, newer];
        (upper, row) = (row, next_row);
        bench.edge();
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

    /// At every depth and flit size, and with levels that always add, a column is the exact sum of its products, the largest ones too.
    #[test]
    fn packet_reducer(seed in any::<u64>()) {
        check("contract_reducer_4", |watch| reducer::<4>(0, seed, watch))?;
        check("contract_reducer_8", |watch| reducer::<8>(0, seed, watch))?;
        check("contract_reducer_16", |watch| reducer::<16>(0, seed, watch))?;
        check("contract_reducer_32", |watch| reducer::<32>(0, seed, watch))?;
        check("contract_reducer_half", |watch| reducer::<16>(1, seed, watch))?;
        check("contract_reducer_quarter", |watch| reducer::<32>(2, seed, watch))?;
    }

    /// The row as it is, or one byte of each lane for all of its multipliers, skewed by the lane or not; or as many
    /// bytes as the flit has times its columns.
    #[test]
    fn operand_select(seed in any::<u64>()) {
        check("contract_select_4", |watch| select::<2, 4>(4, seed, watch))?;
        check("contract_select_32", |watch| select::<1, 32>(32, seed, watch))?;
        check("contract_select_lanes", |watch| select::<16, 4>(4, seed, watch))?;
        check("contract_select_16", |watch| select::<4, 16>(16, seed, watch))?;
        check("contract_select_half", |watch| select::<4, 16>(8, seed, watch))?;
        check("contract_select_quarter", |watch| select::<4, 16>(4, seed, watch))?;
    }

    /// Every multiplier's product, or both of its products with the halves of its weight, is exact, for all
    /// bytes, in the second cycle after its operands; so is that of a multiplier made of look-up tables.
    #[test]
    fn multipliers(cycles in 1u64..60, seed in any::<u64>()) {
        check("contract_multiply_pairs", |watch| multiply::<2, 4, 4>(0, cycles, seed, watch))?;
        check("contract_multiply_single", |watch| multiply::<2, 8, 2>(0, cycles, seed, watch))?;
        check("contract_multiply_logic", |watch| multiply::<4, 4, 4>(7, cycles, seed, watch))?;
    }

    /// Columns are added to what was last written to their slot, in the cycle before too, or to 256 times that, or
    /// to what stands for nothing, which is 0 after four cycles in which it is cleared; slot numbers wrap; the second
    /// half of the lanes is only written with the first; a finished row stays until the next one.
    #[test]
    fn accumulators(log in 0u32..4, cycles in 1u64..60, seed in any::<u64>()) {
        check("contract_accumulators", |watch| accumulate(1 << log, 4, cycles, seed, watch))?;
        check("contract_accumulators_few", |watch| accumulate(1 << log, 1, cycles, seed, watch))?;
    }

    /// Rows are walked over in both orders, with whatever lanes, columns and groups, each by its own parameters;
    /// a row is accepted while the last flit of the one before leaves, so that without stalls a flit leaves in
    /// every cycle. After a reset no flit is left.
    #[test]
    fn lane_folder(
        small in rows("tiny"),
        large in rows("ecp5-85k"),
        wide in rows("wide"),
        tall in rows("tall"),
        seeds in stalls(3),
    ) {
        for rows in [small, large, wide, tall] {
            check("contract_folder", |watch| folder(&rows, &seeds, watch))?;
        }
    }

    /// The values of a flit are the golden model's, each in its bank, in the second cycle after the flit's place
    /// was told and the one after its row.
    #[test]
    fn picked_values(
        small in rows("tiny"),
        large in rows("ecp5-85k"),
        wide in rows("wide"),
        tall in rows("tall"),
        square in rows("square"),
        seed in any::<u64>(),
    ) {
        check("contract_pick_4", |watch| pick::<2, 4, 1, 4>(4, &small, seed, watch))?;
        check("contract_pick_32", |watch| pick::<1, 32, 8, 2>(32, &wide, seed, watch))?;
        check("contract_pick_lanes", |watch| pick::<16, 4, 1, 16>(4, &tall, seed, watch))?;
        let columns = build("ecp5-85k").columns;
        check("contract_pick_8", |watch| pick::<4, 16, 4, 4>(columns, &large, seed, watch))?;
        check("contract_pick_16", |watch| pick::<4, 16, 4, 4>(16, &square, seed, watch))?;
    }
}
