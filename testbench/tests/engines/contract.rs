//! CONTRACT: the whole engine, from stream flits and TRF rows to value flits.

use std::collections::VecDeque;
use std::error::Error;

use fastrand::Rng;
use proptest::prelude::*;
use tcpu_golden::contract::{contract, flits_needed, Slots, Trf};
use tcpu_hdl::contract::ContractUnit;
use tcpu_hdl::types::{Flits, Operands, U};
use tcpu_isa::{Command, Config, Contract, FoldOrder, Unit, LEVELS};
use tcpu_testbench::bench::{check, Bench, Outcome, Stalls, Watch};

use crate::cases::{
    any_contract, build, byte, config, levels, program, stalls, steps, used, with_reset, Levels,
    RESET,
};
use crate::front::{Ahead, Feeder, Running};

/// Execs with all that they meet.
#[derive(Clone, Debug)]
struct Case {
    config: Config,
    execs: Vec<(Levels, Contract)>,
    /// Of the stream and the TRF.
    seed: u64,
    /// Operands are all of int8, or small enough for several digits.
    small: bool,
    /// Every exec restarts each slot that it uses.
    restarts: bool,
}

/// Any execs at all. Columns above `F >> depth` of an accumulator are nobody's, so either the depth is the
/// same throughout, or every exec restarts each slot that it uses.
fn cases(preset: &str) -> impl Strategy<Value = Case> {
    let config = build(preset);
    let bytes = (config.trf_rows * config.flit) as i32;
    let nest = levels(60, -bytes..=bytes, -9..=9);
    let exec = (prop::option::of(nest), used(), any::<u64>());
    let shape = (any::<bool>(), any::<bool>(), any::<bool>(), any::<u64>());
    let execs = prop::collection::vec(exec, 1..5);
    (shape, execs).prop_map(move |((restarts, small, edges, seed), execs)| {
        let mut shadow = RESET;
        let mut depth = None;
        let exec = |(nest, levels, seed)| {
            shadow = Option::unwrap_or(nest, shadow);
            let mut contract = any_contract(&config, &mut Rng::with_seed(seed));
            contract.levels = levels;
            // Flits are held over all levels, all but one, or some; digits are below any of the levels in use.
            contract.hold = match seed % 4 {
                0 => levels,
                1 => levels.saturating_sub(1),
                _ => contract.hold.min(levels),
            };
            if contract.radix > 0 {
                contract.radix = 1 + (seed >> 8) as u8 % (levels + 1);
            }
            if edges {
                at_the_edge(&mut shadow, &mut contract, (seed >> 16) as u8);
            }
            if restarts {
                contract.init = true;
                for (level, to) in shadow.iter_mut().enumerate() {
                    if contract.reduce >> level & 1 == 1 {
                        to.stride_b = 0;
                    }
                }
            } else {
                contract.depth = *depth.get_or_insert(contract.depth);
                contract.cols = contract.cols.min(config.flit as u8 >> contract.depth);
            }
            (shadow, contract)
        };
        let execs = execs.into_iter().map(exec).collect();
        Case {
            config: config.clone(),
            execs,
            seed,
            small: small || edges,
            restarts,
        }
    })
}

/// Turns an exec into one of two levels, whichever they are, with two or three iterations each: the lower one is the
/// last, in turn, below the digits and of those over which a flit is held; the upper one is the first above. Or the
/// lower one is the digits' own, and is all that is reduced.
fn at_the_edge(nest: &mut Levels, contract: &mut Contract, seed: u8) {
    let upper = 1 + usize::from(seed) % (LEVELS - 1);
    for (level, to) in nest.iter_mut().enumerate() {
        to.count = match level {
            _ if level == upper || level + 1 == upper => 2 + u16::from(seed >> 7),
            _ => 1,
        };
    }
    contract.levels = contract.levels.max(upper as u8 + 1);
    contract.hold = upper as u8;
    contract.radix = upper as u8 + 1;
    if seed & 8 > 0 {
        contract.reduce |= 3 << (upper - 1);
    } else if seed & 16 > 0 {
        (contract.radix, contract.reduce) = (upper as u8, 1 << (upper - 1));
    }
}

/// The golden model's view of a case, slice by slice.
struct Prepared {
    execs: Vec<(Levels, Contract)>,
    trf: Vec<Trf>,
    stream: Vec<Vec<Vec<u8>>>,
    values: Vec<Vec<Vec<i32>>>,
}

/// Makes up operands and computes the results. An exec that would leave the 32 bits of an accumulator,
/// which no program may, does without radix, or is left out.
fn prepare(case: &Case) -> Prepared {
    let Config {
        slices,
        lanes,
        flit,
        columns,
        trf_rows,
        acc_slots,
        ..
    } = case.config;
    let mut rng = Rng::with_seed(case.seed);
    let mut operand = || {
        if case.small {
            rng.i8(-2..=2)
        } else {
            byte(&mut rng)
        }
    };
    let mut row = |_| -> Vec<i8> { (0..flit).map(|_| operand()).collect() };
    let trf = (0..slices).map(|_| (0..trf_rows * lanes).map(&mut row).collect());
    let mut ready = Prepared {
        execs: Vec::new(),
        trf: trf.collect(),
        stream: vec![Vec::new(); slices],
        values: vec![Vec::new(); slices],
    };
    let mut slots: Vec<Slots> =
        vec![vec![vec![vec![0; columns]; case.config.acc_lanes()]; acc_slots]; slices];
    for (nest, exec) in &case.execs {
        let used = &nest[..usize::from(exec.levels)];
        let plain = Contract { radix: 0, ..*exec };
        let need = flits_needed(exec, used);
        let flits: Vec<Vec<Vec<u8>>> = (0..slices)
            .map(|_| {
                (0..need)
                    .map(|i| row(i).iter().map(|&b| b as u8).collect())
                    .collect()
            })
            .collect();
        for exec in [*exec, plain] {
            let mut after = slots.clone();
            let made: Result<Vec<_>, _> = (0..slices)
                .map(|s| contract(&exec, used, lanes, &flits[s], &ready.trf[s], &mut after[s]))
                .collect();
            if let Ok(made) = made {
                slots = after;
                ready.execs.push((*nest, exec));
                for s in 0..slices {
                    ready.stream[s].extend_from_slice(&flits[s]);
                    ready.values[s].extend_from_slice(&made[s]);
                }
                break;
            }
        }
    }
    ready
}

/// A step that waits for its issue.
struct Step {
    at: u64,
    pops: bool,
    /// Of each flit of its row, if it finishes one: the bank of the first value.
    row: Vec<usize>,
    last: bool,
    done: u64,
}

/// What becomes of a step of the nest.
fn make(config: &Config, running: &Running) -> Vec<Step> {
    let Command::Contract(exec) = running.command else {
        return Vec::new();
    };
    let place = running.step();
    let held = ((1u16 << exec.hold) - 1) as u8;
    let finishes = exec.emit && place.at_last & exec.reduce == exec.reduce;
    vec![Step {
        at: running.at()[0],
        pops: place.at_last & held == held,
        row: if finishes {
            banks(&exec, config.values())
        } else {
            Vec::new()
        },
        last: running.last(),
        done: running.done(),
    }]
}

/// The bank of the first value of each flit of a row.
fn banks(exec: &Contract, values: usize) -> Vec<usize> {
    let (runs, length) = match exec.order {
        FoldOrder::Sequential => (exec.lanes, exec.cols),
        FoldOrder::Interleaved => (exec.cols, exec.lanes),
    };
    let halves = if exec.nibbles { 2 } else { 1 };
    let runs = (0..halves).flat_map(|_| 0..usize::from(runs));
    let run = |major| {
        let minors = (0..usize::from(length)).step_by(exec.group.into());
        minors.map(move |minor| (major + minor) % values)
    };
    runs.flat_map(run).collect()
}

/// Cycles from a flit's leaving the lane folder to its values.
const TO_VALUES: u64 = 12;

/// Runs a case; seeds stall words, semaphores, the stream and the values. Returns the cycles of the steps.
fn play<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize>(
    case: &Case,
    seeds: &[u64],
    watch: &mut Watch,
) -> Result<Vec<u64>, Box<dyn Error>> {
    let unit = ContractUnit::<S, L, F, V, A>::new(&case.config);
    let mut bench = Bench::new(unit, |u, c| u.clock.next.clk = c, watch)?;
    with_reset(
        &mut bench,
        if case.restarts { seeds[4] } else { 0 },
        |bench, until| part(bench, case, seeds, until),
        |u, on| {
            u.reset.next = on;
            u.push.next = false;
            u.stream_valid.next = false;
            u.willing.next = on;
        },
    )
}

/// Plays the case, up to a cycle.
fn part<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize>(
    bench: &mut Bench<ContractUnit<S, L, F, V, A>>,
    case: &Case,
    seeds: &[u64],
    until: u64,
) -> Result<Vec<u64>, Box<dyn Error>> {
    let config = &case.config;
    let ready = prepare(case);
    let execs = ready
        .execs
        .iter()
        .map(|(nest, c)| (*nest, Command::Contract(*c)));
    let words = program(Unit::Contract, execs);
    let feeder = Feeder::new(words, config.queue, [seeds[0], seeds[1]]);
    let mut ahead = Ahead::new(config, feeder, make);
    let (mut stream_stalls, mut take_stalls) = (Stalls::new(seeds[2]), Stalls::new(seeds[3]));
    let mut noise = Rng::with_seed(case.seed);
    // Stream flits that were popped; the lane folder's flits, by the bank of their first value; those whose values
    // are to come: when, and that bank; those that have come.
    let (mut popped, mut shown) = (0, false);
    let mut folding: VecDeque<usize> = VecDeque::new();
    let mut coming: VecDeque<(u64, usize)> = VecDeque::new();
    let mut come = 0;
    let mut rows: VecDeque<Option<Operands<S, L, F>>> = vec![None; 2].into();
    let mut done = 0;
    let mut issues: Vec<u64> = Vec::new();
    let moves = |issues: &[u64], cycle| issues.last().is_some_and(|&last| cycle <= last + 10);
    while (!ahead.finished()
        || !folding.is_empty()
        || !coming.is_empty()
        || moves(&issues, bench.cycle()))
        && bench.cycle() < until
    {
        let cycle = bench.cycle();
        shown |= popped < ready.stream[0].len() && !stream_stalls.refuses();
        let willing = !take_stalls.refuses();
        let take = !folding.is_empty() && willing;
        let accept = folding.is_empty() || (folding.len() == 1 && take);
        let issue = shown
            && ahead
                .head()
                .is_some_and(|step| step.row.is_empty() || accept);
        ahead.feeder.drive(bench.uut.as_mut());
        let uut = &mut bench.uut;
        uut.stream_valid.next = shown;
        uut.stream.next = Flits([(); S].map(|()| [(); F].map(|()| noise.i8(..))));
        if shown {
            let byte = |s: usize, f: usize| ready.stream[s][popped][f] as i8;
            uut.stream.next = Flits(std::array::from_fn(|s| std::array::from_fn(|f| byte(s, f))));
        }
        uut.trf_row.next = rows.pop_front().flatten().unwrap_or_default();
        uut.willing.next = willing;
        bench.settle();
        ahead.check(bench.uut.as_ref())?;
        let uut = &bench.uut;
        ensure_eq!(uut.issued.val(), issue, "issued");
        ensure_eq!(uut.flit_valid.val(), !folding.is_empty(), "flit_valid");
        if let Some(&start) = folding.front() {
            let count = ready.values[0][come + coming.len()].len();
            ensure_eq!(uut.flit_count.val(), count.into(), "flit_count");
            let found = uut.flit_start.val().value() as usize % V;
            ensure_eq!(found, start, "flit_start");
        }
        let comes = coming.iter().any(|&(when, _)| when == cycle + 1);
        ensure_eq!(uut.comes.val(), comes, "comes");
        if let Some(&(_, start)) = coming.front().filter(|&&(when, _)| when == cycle) {
            for (s, values) in ready.values.iter().enumerate() {
                let found = uut.values.val().0[s];
                let found: Vec<i64> = (0..values[come].len())
                    .map(|v| found[(start + v) % V])
                    .collect();
                let expected: Vec<i64> = values[come].iter().map(|&v| v.into()).collect();
                ensure_eq!(found, expected, "values of slice {s}");
            }
            coming.pop_front();
            come += 1;
        }
        ensure_eq!(uut.done.val().value(), done, "done");
        let empty = !moves(&issues, cycle) && folding.is_empty();
        ensure_eq!(uut.quiet.val(), ahead.quiet() && empty, "quiet");

        if take {
            coming.extend(folding.pop_front().map(|start| (cycle + TO_VALUES, start)));
        }
        done = 0;
        let mut row = None;
        if let (true, Some(step)) = (issue, ahead.head()) {
            ensure_eq!(uut.trf_at.val(), U::new(step.at), "trf_at");
            ensure_eq!(uut.pop.val(), step.pops, "pop");
            ensure_eq!(uut.ends.val(), step.last, "ends");
            let row_at = step.at as usize / F % config.trf_rows;
            row = Some(Operands(std::array::from_fn(|s| {
                std::array::from_fn(|l| std::array::from_fn(|f| ready.trf[s][row_at * L + l][f]))
            })));
            if step.pops {
                popped += 1;
                shown = false;
            }
            folding.extend(&step.row);
            done = step.done;
            issues.push(cycle);
        } else {
            ensure!(!uut.pop.val() && !uut.ends.val(), "pop or ends");
        }
        rows.push_back(row);
        ahead.clock(issue);
        bench.edge();
    }
    if bench.cycle() >= until {
        return Ok(Vec::new());
    }
    ensure_eq!(popped, ready.stream[0].len(), "flits that were popped");
    ensure_eq!(come, ready.values[0].len(), "value flits");
    Ok(issues)
}

fn run<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize>(
    name: &str,
    case: &Case,
    seeds: &[u64],
) -> Result<(), TestCaseError> {
    let play =
        |watch: &mut Watch| -> Outcome { play::<S, L, F, V, A>(case, seeds, watch).map(drop) };
    Ok(check(name, play)?)
}

proptest! {
    #![proptest_config(config(1536))]

    /// Whatever the nest, splat, skew, depth, hold, reduction, radix, nibbles, lanes, columns, order and group
    /// of several execs behind each other: the value flits of each slice are the golden model's, in order, none
    /// lost or doubled, each twelve cycles after it was taken from the lane folder. A step is issued in every cycle
    /// in which a flit is there and the lane folder accepts the row, if the step finishes one; the row's flits can
    /// be taken from the next cycle on; an exec's signals come in the cycle after its last step. All outputs are
    /// the book's in every cycle.
    #[test]
    fn on_tiny(case in cases("tiny"), seeds in stalls(5)) {
        run::<2, 2, 4, 1, 4>("contract_tiny", &case, &seeds)?;
    }
}

proptest! {
    #![proptest_config(config(192))]

    /// The same with four lanes, flits of 8 bytes, two values in a flit.
    #[test]
    fn on_ecp5_25k(case in cases("ecp5-25k"), seeds in stalls(5)) {
        run::<1, 4, 8, 2, 4>("contract_ecp5_25k", &case, &seeds)?;
    }

    /// The same with four lanes, flits of 16 bytes, four values in a flit, and half as many columns as products.
    #[test]
    fn on_ecp5_85k(case in cases("ecp5-85k"), seeds in stalls(5)) {
        run::<2, 4, 16, 4, 4>("contract_ecp5_85k", &case, &seeds)?;
    }

    /// The same with the widest flits, of 32 bytes.
    #[test]
    fn on_the_widest(case in cases("wide"), seeds in stalls(5)) {
        run::<1, 1, 32, 8, 2>("contract_wide", &case, &seeds)?;
    }

    /// The same with the most lanes, 16, and with more than half of the multipliers made of look-up tables.
    #[test]
    fn on_the_tallest(case in cases("tall"), seeds in stalls(5)) {
        run::<2, 16, 4, 1, 16>("contract_tall", &case, &seeds)?;
    }

    /// The same with as many columns as products.
    #[test]
    fn on_all_columns(case in cases("square"), seeds in stalls(5)) {
        run::<2, 4, 16, 4, 4>("contract_square", &case, &seeds)?;
    }

    /// Nobody stalls, and rows take no longer to leave than to make: a multiply in every cycle, through all
    /// loop levels, from row to row and from exec to exec, with every exec's parameters its own.
    #[test]
    fn a_multiply_per_cycle(
        nest in levels(12, -16..=16, 0..=0),
        levels in 1..=LEVELS as u8,
        seeds in prop::collection::vec(any::<u64>(), 2..5),
    ) {
        let config = build("tiny");
        let mut nest = nest;
        nest[0].count = 32;
        let execs = seeds.iter().map(|&seed| {
            let any = any_contract(&config, &mut Rng::with_seed(seed));
            let hold = any.hold.min(levels);
            // At most sixteen flits of a row, made in 32 steps.
            (nest, Contract { levels, hold, reduce: any.reduce | 1, init: true, radix: 0, ..any })
        });
        let case = Case { config: config.clone(), execs: execs.collect(), seed: seeds[0], small: false, restarts: true };
        check("contract_rate", |watch| {
            let issues = play::<2, 2, 4, 1, 4>(&case, &[0; 5], watch)?;
            let total = steps(&nest, levels) * seeds.len() as u64;
            ensure_eq!(issues.len() as u64, total, "steps");
            ensure_eq!(issues[issues.len() - 1] - issues[0] + 1, total, "cycles");
            Ok(())
        })?;
    }
}
