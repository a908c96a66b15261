//! COMMIT, and its arithmetic.

use std::collections::VecDeque;
use std::error::Error;

use fastrand::Rng;
use proptest::prelude::*;
use tcpu_golden::commit::commit;
use tcpu_hdl::commit::requant::Requant;
use tcpu_hdl::commit::CommitUnit;
use tcpu_hdl::types::{Values, U};
use tcpu_isa::pipeline::PLACES;
use tcpu_isa::requant::MAX_SHIFT;
use tcpu_isa::{Command, Commit, Config, OutType, Unit, LEVELS};
use tcpu_testbench::bench::{check, Bench, Outcome, Stalls, Watch};

use crate::cases::{
    build, config, levels, program, stalls, steps, sync, used, with_reset, Levels, RESET,
};
use crate::dm::banks;
use crate::front::{Ahead, Feeder, Running};

/// All types of committed values.
const TYPES: [OutType; 4] = [OutType::I8, OutType::I16, OutType::I32, OutType::Digits];

/// Factors and shifts: any, exact, and with the halves that round to even.
fn requant() -> impl Strategy<Value = (u16, u8)> {
    prop_oneof![
        (any::<u16>(), 0..=MAX_SHIFT),
        Just((1, 0)),
        (1u16..4, 0u8..4),
        (any::<u16>(), 16u8..40),
    ]
}

/// Execs of every type, with addresses that wrap, back and forth.
fn execs(config: &Config) -> impl Strategy<Value = Vec<(Levels, Commit)>> {
    let dm = config.dm_bytes() as u32;
    let exec = (
        prop::option::of(prop_oneof![
            levels(60, -50..=50, 0..=0),
            levels(60, i32::MIN..=i32::MAX, 0..=0),
        ]),
        (used(), 0..dm, 0..TYPES.len()),
        requant(),
        sync(Unit::Commit),
    );
    prop::collection::vec(exec, 1..5).prop_map(|execs| {
        let mut shadow = RESET;
        let exec = |(nest, (levels, base, out), (mult, shift), sync)| {
            shadow = Option::unwrap_or(nest, shadow);
            let out: OutType = TYPES[out];
            (
                shadow,
                Commit {
                    levels,
                    base,
                    out,
                    mult,
                    shift,
                    sync,
                },
            )
        };
        execs.into_iter().map(exec).collect()
    })
}

/// A value: of any size, often at the ends of its range.
fn value(rng: &mut Rng) -> i32 {
    let any = rng.i32(..) >> rng.u8(..32);
    let ends = [i32::MIN, i32::MIN + 1, i32::MAX, i32::MAX - 1, 128, -129, 0];
    rng.choice(ends).filter(|_| rng.u8(..4) == 0).unwrap_or(any)
}

/// The bytes that a flit of values becomes.
fn packed(exec: &Commit, flit: &[i32]) -> Vec<u8> {
    let mut bytes = vec![0; flit.len() * exec.out.bytes()];
    commit(
        &Commit { base: 0, ..*exec },
        &[],
        &[flit.to_vec()],
        &mut bytes,
    );
    bytes
}

/// A step that waits for its flit.
struct Step {
    exec: Commit,
    at: u64,
    last: bool,
    done: u64,
}

/// What becomes of a step of the nest.
fn make(config: &Config, running: &Running) -> Vec<Step> {
    let Command::Commit(exec) = running.command else {
        return Vec::new();
    };
    vec![Step {
        exec,
        at: running.at()[0] % config.dm_bytes() as u64,
        last: running.last(),
        done: running.done(),
    }]
}

/// A window on its way.
struct Moving {
    /// The cycle in which its flit was taken, its values for each slice, and the bank of the first one.
    taken: u64,
    values: Vec<Vec<i32>>,
    start: usize,
    at: u64,
    /// For each slice.
    bytes: Vec<Vec<u8>>,
    done: u64,
}

/// Cycles from a flit's leaving the lane folder to its values, and to its request.
const TO_VALUES: u64 = 12;
const TO_REQUEST: u64 = 21;

/// Runs the execs; seeds stall words, semaphores, values and grants. Returns the cycles in which flits
/// were taken.
fn play<const S: usize, const F: usize, const V: usize>(
    config: &Config,
    execs: &[(Levels, Commit)],
    seeds: &[u64],
    watch: &mut Watch,
) -> Result<Vec<u64>, Box<dyn Error>> {
    let unit = CommitUnit::<S, F, V>::new(config);
    let mut bench = Bench::new(unit, |u, c| u.clock.next.clk = c, watch)?;
    with_reset(
        &mut bench,
        seeds[5],
        |bench, until| part(bench, config, execs, seeds, until),
        |u, on| {
            u.reset.next = on;
            u.push.next = false;
            u.flit_valid.next = false;
            u.comes.next = false;
            u.grant.next = on && u.request.val();
        },
    )
}

/// Plays the case, up to a cycle.
fn part<const S: usize, const F: usize, const V: usize>(
    bench: &mut Bench<CommitUnit<S, F, V>>,
    config: &Config,
    execs: &[(Levels, Commit)],
    seeds: &[u64],
    until: u64,
) -> Result<Vec<u64>, Box<dyn Error>> {
    let words = program(
        Unit::Commit,
        execs.iter().map(|(nest, c)| (*nest, Command::Commit(*c))),
    );
    let feeder = Feeder::new(words, config.queue, [seeds[0], seeds[1]]);
    let mut ahead = Ahead::new(config, feeder, make);
    let (mut value_stalls, mut grant_stalls) = (Stalls::new(seeds[2]), Stalls::new(seeds[3]));
    let mut rng = Rng::with_seed(seeds[4]);
    let blank: Vec<u8> = (0..config.dm_bytes()).map(|_| rng.u8(..)).collect();
    let mut dm = vec![blank; S];
    let mut expected = dm.clone();
    // The flits of each slice; all slices have as many values.
    let mut flits: Vec<VecDeque<Vec<i32>>> = vec![VecDeque::new(); S];
    for (nest, exec) in execs {
        let counts: Vec<usize> = (0..steps(nest, exec.levels))
            .map(|_| rng.usize(1..=V))
            .collect();
        for (s, flits) in flits.iter_mut().enumerate() {
            let flit = |&count: &usize| (0..count).map(|_| value(&mut rng)).collect();
            let new: Vec<Vec<i32>> = counts.iter().map(flit).collect();
            commit(
                exec,
                &nest[..usize::from(exec.levels)],
                &new,
                &mut expected[s],
            );
            flits.extend(new);
        }
    }
    // Windows between the lane folder and DM.
    let mut moving: VecDeque<Moving> = VecDeque::new();
    let mut shown = None;
    let mut taken = Vec::new();
    // The signals that are given in the next cycle.
    let mut finished = 0;
    // A window was granted in the cycle before: its place counts still.
    let mut granted = false;
    while (!ahead.finished() || !moving.is_empty() || finished != 0) && bench.cycle() < until {
        let cycle = bench.cycle();
        let none_left = flits[0].is_empty();
        if shown.is_none() && !none_left && !value_stalls.refuses() {
            shown = Some(rng.usize(..V));
        }
        let asks = moving
            .front()
            .is_some_and(|window| cycle >= window.taken + TO_REQUEST);
        let grant = asks && !grant_stalls.refuses();
        let room = moving.len() + usize::from(granted) < PLACES;
        let willing = room && ahead.head().is_some();
        let enter = shown.is_some() && willing;
        ahead.feeder.drive(bench.uut.as_mut());
        let uut = &mut bench.uut;
        let in_cycles = |window: &&Moving, n: u64| cycle + n == window.taken + TO_VALUES;
        uut.comes.next = moving.iter().any(|window| in_cycles(&window, 1));
        uut.grant.next = grant;
        uut.values.next = Values([(); S].map(|()| [(); V].map(|()| rng.i32(..).into())));
        if let Some(window) = moving.iter().find(|window| in_cycles(window, 0)) {
            for (banks, values) in uut.values.next.0.iter_mut().zip(&window.values) {
                for (v, &x) in values.iter().enumerate() {
                    banks[(window.start + v) % V] = x.into();
                }
            }
        }
        uut.flit_valid.next = shown.is_some();
        uut.flit_count.next = U::new(rng.u64(..));
        uut.flit_start.next = U::new(rng.u64(..));
        if let Some(start) = shown {
            uut.flit_count.next = flits[0][0].len().into();
            // The bank is what counts.
            uut.flit_start.next = (start + V * rng.usize(..2)).into();
        }
        bench.settle();
        ahead.check(bench.uut.as_ref())?;
        let uut = &bench.uut;
        ensure_eq!(uut.willing.val(), willing, "willing");
        ensure_eq!(uut.request.val(), asks, "request");
        let quiet = ahead.quiet() && moving.is_empty() && finished == 0;
        ensure_eq!(uut.quiet.val(), quiet, "quiet");
        let mut done = 0;
        if let (true, Some(window)) = (asks, moving.front()) {
            let bytes = window.bytes[0].len();
            ensure_eq!(uut.request_at.val(), U::new(window.at), "request_at");
            let end = window.at as usize % F + bytes;
            ensure_eq!(uut.request_end.val(), end.into(), "request_end");
            let touched = banks(config, window.at as usize, bytes);
            ensure_eq!(uut.request_banks.val(), U::new(touched), "request_banks");
            let turn = uut.request_turn.val().value() as usize;
            ensure_eq!(turn % 4, 0, "words");
            for (s, expected) in window.bytes.iter().enumerate() {
                // As DM's rows have it.
                let byte =
                    |i: usize| uut.request_data.val().0[s][(window.at as usize + i + F - turn) % F];
                let found: Vec<u8> = (0..bytes).map(|i| byte(i) as u8).collect();
                ensure_eq!(found, *expected, "bytes of slice {s}");
                for (i, byte) in found.iter().enumerate().filter(|_| grant) {
                    dm[s][(window.at as usize + i) % config.dm_bytes()] = *byte;
                }
            }
            done = if grant { window.done } else { 0 };
        }
        ensure_eq!(uut.done.val().value(), finished, "done");
        finished = done;
        let mut ends = false;
        let mut new = None;
        if let (true, Some(start), Some(step)) = (enter, shown, ahead.head()) {
            let mut values = Vec::new();
            for flits in &mut flits {
                values.push(flits.pop_front().ok_or("a flit too many")?);
            }
            ends = step.last;
            new = Some(Moving {
                taken: cycle,
                start,
                at: step.at,
                bytes: values.iter().map(|flit| packed(&step.exec, flit)).collect(),
                values,
                done: step.done,
            });
            shown = None;
            taken.push(cycle);
        }
        ensure_eq!(uut.ends.val(), ends, "ends");
        granted = grant;
        if grant {
            moving.pop_front();
        }
        moving.extend(new);
        ahead.clock(enter);
        bench.edge();
    }
    if bench.cycle() >= until {
        return Ok(Vec::new());
    }
    ensure_eq!(flits[0].len(), 0, "flits that were not taken");
    ensure!(dm == expected, "DM has other contents");
    Ok(taken)
}

/// What the arithmetic is given: type, factor and shift, the values of two slices, and a turn.
type Requantised<const V: usize> = (Commit, [[i32; V]; 2], usize);

/// Values of all kinds through the arithmetic alone, each flit with a type, a factor, a shift and a turn of its own.
fn arithmetic<const F: usize, const V: usize>(
    requants: &[(u16, u8)],
    seed: u64,
    watch: &mut Watch,
) -> Outcome {
    let mut rng = Rng::with_seed(seed);
    let block = Requant::<2, F, V>::default();
    let mut bench = Bench::new(block, |u, c| u.clock.next.clk = c, watch)?;
    let mut coming: VecDeque<Option<Requantised<V>>> = vec![None; 9].into();
    for i in 0..requants.len() + 9 {
        let next = requants.get(i).map(|&(mult, shift)| {
            let exec = Commit {
                levels: 0,
                base: 0,
                out: TYPES[rng.usize(..TYPES.len())],
                mult,
                shift,
                sync: Default::default(),
            };
            let values = [(); 2].map(|()| [(); V].map(|()| value(&mut rng)));
            (exec, values, rng.usize(..4))
        });
        if let Some((exec, _, turn)) = &next {
            bench.uut.turn.next = (*turn).into();
            bench.uut.out.next = U::new(exec.out as u64);
            bench.uut.mult.next = U::new(exec.mult.into());
            bench.uut.shift.next = U::new(exec.shift.into());
        }
        if let Some((_, values, _)) = &coming[0] {
            bench.uut.values.next = Values(values.map(|slice| slice.map(i64::from)));
        }
        bench.settle();
        if let Some((exec, values, turn)) = &coming[8] {
            for (s, values) in values.iter().enumerate() {
                let bytes = bench.uut.bytes.val().0[s].map(|byte| byte as u8);
                let packed = packed(exec, values);
                let mut expected: Vec<u8> = packed.iter().copied().cycle().take(F).collect();
                expected.rotate_right(*turn);
                ensure_eq!(bytes.to_vec(), expected, "{values:?} by {exec:?}");
            }
        }
        coming.pop_back();
        coming.push_front(next);
        bench.edge();
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(512))]

    /// Each flit of values becomes one window of requantised bytes in every slice, at the nest's address, as
    /// the golden model has it; windows come in order, wait unchanged for their grant, and are asked for
    /// twenty-one cycles after the flit was taken at the earliest, if nobody stalls one per cycle. No more flits are
    /// taken than there are places for their windows. The signals come with the grant of the exec's last
    /// window. All outputs are the book's in every cycle.
    #[test]
    fn values_to_tiny(execs in execs(&build("tiny")), seeds in stalls(6)) {
        let config = build("tiny");
        check("commit_tiny", |watch| {
            play::<2, 4, 1>(&config, &execs, &seeds, watch)?;
            Ok(())
        })?;
    }

    /// The same with four values in a flit, and any number of them valid.
    #[test]
    fn values_to_ecp5_85k(execs in execs(&build("ecp5-85k")), seeds in stalls(6)) {
        let config = build("ecp5-85k");
        check("commit_ecp5", |watch| {
            play::<2, 16, 4>(&config, &execs, &seeds, watch)?;
            Ok(())
        })?;
    }

    /// The same with the widest flits, of eight values.
    #[test]
    fn values_to_the_widest(execs in execs(&build("wide")), seeds in stalls(6)) {
        check("commit_wide", |watch| {
            play::<1, 32, 8>(&build("wide"), &execs, &seeds, watch)?;
            Ok(())
        })?;
    }

    /// Nobody stalls: a flit is taken in every cycle, through all loop levels and from exec to exec, whose
    /// types and factors all differ.
    #[test]
    fn a_flit_per_cycle(
        nest in levels(40, -9..=9, 0..=0),
        n in 1..=LEVELS as u8,
        kinds in prop::collection::vec((requant(), 0..TYPES.len()), 1..6),
    ) {
        let config = build("tiny");
        let mut nest = nest;
        nest[0].count = 16;
        let exec = |&((mult, shift), out): &((u16, u8), usize)| {
            let sync = Default::default();
            (nest, Commit { levels: n, base: 7, out: TYPES[out], mult, shift, sync })
        };
        let execs: Vec<_> = kinds.iter().map(exec).collect();
        check("commit_rate", |watch| {
            let taken = play::<2, 4, 1>(&config, &execs, &[0; 6], watch)?;
            let total = steps(&nest, n) * execs.len() as u64;
            ensure_eq!(taken.len() as u64, total, "flits");
            ensure_eq!(taken[taken.len() - 1] - taken[0] + 1, total, "cycles");
            Ok(())
        })?;
    }

    /// Rounding (half to even, on both sides of zero) and saturation are the specification's, for every type,
    /// the ends of all ranges included; the bytes of a flit come eight cycles after its values, turned as it was asked.
    #[test]
    fn requantises(requants in prop::collection::vec(requant(), 1..40), seed in any::<u64>()) {
        check("commit_requant_4", |watch| arithmetic::<4, 1>(&requants, seed, watch))?;
        check("commit_requant_32", |watch| arithmetic::<32, 8>(&requants, seed, watch))?;
        check("commit_requant_16", |watch| arithmetic::<16, 4>(&requants, seed, watch))?;
    }
}
