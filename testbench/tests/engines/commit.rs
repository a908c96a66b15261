//! COMMIT, and its rounding and packing.

use std::collections::VecDeque;
use std::error::Error;

use fastrand::Rng;
use proptest::prelude::*;
use tcpu_golden::commit::commit;
use tcpu_hdl::commit::{CommitUnit, Pack, Round};
use tcpu_hdl::types::{Values, U};
use tcpu_isa::requant::MAX_SHIFT;
use tcpu_isa::{Command, Commit, Config, OutType, Unit, LEVELS};
use tcpu_testbench::bench::{check, Bench, Outcome, Stalls, Watch};

use crate::cases::{
    build, config, levels, program, stalls, steps, sync, with_reset, Levels, RESET,
};
use crate::front::Feeder;

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
        (0..=LEVELS as u8, 0..dm, 0..TYPES.len()),
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

/// A flit on its way through the stages.
struct Moving {
    at: u64,
    /// For each slice.
    bytes: Vec<Vec<u8>>,
    done: u64,
}

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
            u.values_valid.next = false;
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
    let mut feeder = Feeder::new(words, config.queue, [seeds[0], seeds[1]]);
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
    let mut stages: [Option<Moving>; 3] = [None, None, None];
    let mut shown = false;
    let mut taken = Vec::new();
    while (!feeder.finished() || stages.iter().any(Option::is_some)) && bench.cycle() < until {
        shown |= !flits[0].is_empty() && !value_stalls.refuses();
        let grant = stages[2].is_some() && !grant_stalls.refuses();
        let go = stages[2].is_none() || grant;
        let enter = feeder.running.is_some() && shown && go;
        feeder.drive(bench.uut.as_mut());
        let uut = &mut bench.uut;
        uut.values_valid.next = shown;
        uut.grant.next = grant;
        uut.values.next = Values([(); S].map(|()| [(); V].map(|()| rng.i32(..).into())));
        uut.count.next = U::new(rng.u64(..));
        if shown {
            uut.count.next = flits[0][0].len().into();
            for (values, flits) in uut.values.next.0.iter_mut().zip(&flits) {
                values
                    .iter_mut()
                    .zip(&flits[0])
                    .for_each(|(v, &x)| *v = x.into());
            }
        }
        bench.settle();
        feeder.check(bench.uut.as_ref(), enter)?;
        let uut = &bench.uut;
        ensure_eq!(uut.taken.val(), enter, "taken");
        ensure_eq!(uut.request.val(), stages[2].is_some(), "request");
        let quiet = feeder.quiet() && stages.iter().all(Option::is_none);
        ensure_eq!(uut.quiet.val(), quiet, "quiet");
        let mut done = 0;
        if let Some(moving) = &stages[2] {
            let bytes = moving.bytes[0].len();
            ensure_eq!(uut.request_at.val(), U::new(moving.at), "request_at");
            ensure_eq!(uut.request_bytes.val(), bytes.into(), "request_bytes");
            for (s, expected) in moving.bytes.iter().enumerate() {
                let found = uut.request_data.val().0[s].map(|byte| byte as u8);
                ensure_eq!(&found[..bytes], expected, "bytes of slice {s}");
                for (i, byte) in found[..bytes].iter().enumerate().filter(|_| grant) {
                    dm[s][(moving.at as usize + i) % config.dm_bytes()] = *byte;
                }
            }
            done = if grant { moving.done } else { 0 };
        }
        ensure_eq!(uut.done.val().value(), done, "done");
        let mut new = None;
        if let (true, Some(running)) = (enter, &feeder.running) {
            let Command::Commit(exec) = running.command else {
                return Err("only commits were sent".into());
            };
            let mut bytes = Vec::new();
            for flits in &mut flits {
                let flit = flits.pop_front().ok_or("a flit too many")?;
                bytes.push(packed(&exec, &flit));
            }
            let done = if running.last() { running.signals() } else { 0 };
            new = Some(Moving {
                at: running.at()[0],
                bytes,
                done,
            });
            shown = false;
            taken.push(bench.cycle());
        }
        if go {
            stages.rotate_right(1);
            stages[0] = new;
        }
        feeder.clock(enter);
        bench.edge();
    }
    if bench.cycle() >= until {
        return Ok(Vec::new());
    }
    ensure_eq!(flits[0].len(), 0, "flits that were not taken");
    ensure!(dm == expected, "DM has other contents");
    Ok(taken)
}

/// Values of all kinds through rounding and packing alone.
fn arithmetic<const F: usize, const V: usize>(
    (mult, shift): (u16, u8),
    seed: u64,
    watch: &mut Watch,
) -> Outcome {
    let mut rng = Rng::with_seed(seed);
    let mut quiet = Watch::default();
    let mut round = Bench::new(Round::<2, V>::default(), |_, _| (), watch)?;
    let mut pack = Bench::new(Pack::<2, F, V>::default(), |_, _| (), &mut quiet)?;
    for out in TYPES.into_iter().cycle().take(32) {
        let values = [(); 2].map(|()| [(); V].map(|()| value(&mut rng)));
        let product = |v: i32| i64::from(v) * i64::from(mult);
        round.uut.product.next = Values(values.map(|slice| slice.map(product)));
        round.uut.shift.next = U::new(shift.into());
        round.settle();
        pack.uut.rounded.next = round.uut.rounded.val();
        pack.uut.out.next = U::new(out as u64);
        pack.settle();
        let exec = Commit {
            levels: 0,
            base: 0,
            out,
            mult,
            shift,
            sync: Default::default(),
        };
        for (s, values) in values.iter().enumerate() {
            let bytes: Vec<u8> = pack.uut.bytes.val().0[s].iter().map(|&b| b as u8).collect();
            let expected = packed(&exec, values);
            ensure_eq!(
                bytes[..expected.len()],
                expected,
                "{values:?} as {}",
                out.name()
            );
        }
        round.edge();
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(512))]

    /// Each flit of values becomes one window of requantised bytes in every slice, at the nest's address, as
    /// the golden model has it; windows come in order, wait unchanged for their grant, and are asked for
    /// three cycles after the values were taken, if nobody stalls one per cycle. The signals come with the
    /// grant of the exec's last window. All outputs are the book's in every cycle.
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
    /// the ends of all ranges included.
    #[test]
    fn rounds_and_packs(requant in requant(), seed in any::<u64>()) {
        check("commit_arithmetic_4", |watch| arithmetic::<4, 1>(requant, seed, watch))?;
        check("commit_arithmetic_32", |watch| arithmetic::<32, 8>(requant, seed, watch))?;
        check("commit_arithmetic_16", |watch| arithmetic::<16, 4>(requant, seed, watch))?;
    }
}
