//! Random commands, data and stalls: what all engines' cases are made of.

use std::error::Error;
use std::ops::RangeInclusive;

use fastrand::Rng;
use proptest::prelude::*;
use rust_hdl::prelude::Block;
use tcpu_hdl::processor::RESET_CYCLES;
use tcpu_isa::{
    encode, Command, Config, Contract, FoldOrder, LoopLevel, Sync, Unit, Units, LEVELS,
};
use tcpu_testbench::bench::Bench;

/// All levels of a nest; those that an exec does not use hold leftovers.
pub type Levels = [LoopLevel; LEVELS];

/// What the shadow nests hold after reset.
pub const RESET: Levels = [LoopLevel {
    count: 1,
    stride_a: 0,
    stride_b: 0,
}; LEVELS];

/// So many cases; a failure shrinks for half a minute at most.
pub fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        max_shrink_time: 30_000,
        ..ProptestConfig::default()
    }
}

/// A preset, or a build at the limits of what a [`Config`] can be: `wide` has the widest flits, `tall` the
/// most lanes, `half` half as many columns as bytes in a flit.
pub fn build(name: &str) -> Config {
    let limits = |slices, lanes, flit, int4| Config {
        name: name.to_string(),
        slices,
        lanes,
        flit,
        columns: flit,
        dm_rows: 64,
        dm_banks: 16,
        trf_rows: 4,
        acc_slots: 64,
        queue: 2,
        int4,
        logic: 0,
    };
    let config = match name {
        "wide" => limits(1, 1, 32, 2),
        "tall" => Config {
            logic: 37,
            ..limits(2, 16, 4, 1)
        },
        "square" => limits(2, 4, 16, 1),
        _ => Config::preset(name).unwrap(),
    };
    config.check().unwrap();
    config
}

/// Plays a case on a block, from where it began. With a seed of a reset, a part of it is played before, then
/// the reset is held, `hold` setting it and, for as long as it is on, the answers of the neighbours.
pub fn with_reset<B: Block, T>(
    bench: &mut Bench<B>,
    seed: u64,
    play: impl Fn(&mut Bench<B>, u64) -> Result<T, Box<dyn Error>>,
    hold: fn(&mut B, bool),
) -> Result<T, Box<dyn Error>> {
    if seed > 0 {
        play(bench, seed % 150)?;
        for _ in 0..RESET_CYCLES {
            hold(&mut bench.uut, true);
            bench.settle();
            bench.edge();
        }
        hold(&mut bench.uut, false);
    }
    play(bench, u64::MAX)
}

/// Seeds of the stalls of `n` handshakes, or of a reset: all, some or none of them stall.
pub fn stalls(n: usize) -> impl Strategy<Value = Vec<u64>> {
    let seed = prop_oneof![1 => Just(0), 3 => any::<u64>()];
    prop_oneof![1 => Just(vec![0; n]), 3 => prop::collection::vec(seed, n)]
}

/// Nests of at most `most` steps, however many levels are in use. The level from which on counts are handed out is
/// any: as many steps are made on high levels as on low ones.
pub fn levels(
    most: u64,
    stride_a: RangeInclusive<i32>,
    stride_b: RangeInclusive<i32>,
) -> impl Strategy<Value = Levels> {
    let count = prop_oneof![2 => Just(1), 4 => 1u16..=4, 1 => 1..=most.min(1000) as u16];
    let levels = prop::array::uniform8((count, stride_a, stride_b));
    (0..LEVELS, levels).prop_map(move |(first, levels)| {
        let mut room = most;
        let mut nest = RESET;
        for level in (0..LEVELS).map(|level| (first + level) % LEVELS) {
            let (count, stride_a, stride_b) = levels[level];
            let count = count.min(room as u16);
            room /= u64::from(count);
            nest[level] = LoopLevel {
                count,
                stride_a,
                stride_b,
            };
        }
        nest
    })
}

/// How many levels an exec uses: often all.
pub fn used() -> impl Strategy<Value = u8> {
    prop_oneof![0..=LEVELS as u8, Just(LEVELS as u8)]
}

/// Units that an exec of `unit` waits for and signals.
pub fn sync(unit: Unit) -> impl Strategy<Value = Sync> {
    any::<u64>().prop_map(move |seed| any_sync(unit, &mut Rng::with_seed(seed)))
}

/// Units that an exec of `unit` waits for and signals: often none.
pub fn any_sync(unit: Unit, rng: &mut Rng) -> Sync {
    let others = Unit::ALL.into_iter().filter(|&u| u != unit);
    let others = others.collect::<Units>().mask();
    let mut units = || Units::from_mask(if rng.bool() { rng.u8(..) & others } else { 0 });
    Sync {
        wait: units(),
        signal: units(),
    }
}

/// The words of execs, each with the nest that it needs, or with the one that is there.
pub fn program(unit: Unit, execs: impl IntoIterator<Item = (Levels, Command)>) -> Vec<Command> {
    let mut words = Vec::new();
    let mut shadow = RESET;
    for (nest, exec) in execs {
        for (level, (old, to)) in shadow.iter_mut().zip(nest).enumerate() {
            if *old != to {
                *old = to;
                let level = level as u8;
                words.push(Command::Loop { unit, level, to });
            }
        }
        words.push(exec);
    }
    words
}

/// Steps of the innermost `levels` levels.
pub fn steps(nest: &Levels, levels: u8) -> u64 {
    let used = &nest[..usize::from(levels)];
    used.iter().map(|level| u64::from(level.count)).product()
}

/// Levels, units to wait for and to signal, and first addresses of an exec.
pub fn exec_fields(command: &Command) -> Option<(u8, Sync, [u32; 2])> {
    match command {
        Command::Loop { .. } => None,
        Command::Fetch(c) => Some((c.levels, c.sync, [c.base, 0])),
        Command::TrfLoad(c) => Some((c.fetch.levels, c.fetch.sync, [c.fetch.base, c.trf])),
        Command::Contract(c) => Some((c.levels, c.sync, [c.trf, c.slot.into()])),
        Command::Commit(c) => Some((c.levels, c.sync, [c.base, 0])),
        Command::Load(c) | Command::Store(c) => Some((c.levels, c.sync, [c.ext, c.dm])),
    }
}

/// A command in the build's terms, or a panic in the test that made it up.
pub fn legal(command: &Command, config: &Config) -> u128 {
    if let Err(error) = command.check(config) {
        panic!("{command:?}: {error}");
    }
    encode(command)
}

/// Any contraction of a build: each parameter anywhere in its range.
pub fn any_contract(config: &Config, rng: &mut Rng) -> Contract {
    let levels = rng.u8(..=LEVELS as u8);
    let depth = rng.u8(config.min_depth() as u8..=config.max_depth() as u8);
    Contract {
        levels,
        trf: rng.u32(..(config.trf_rows * config.flit) as u32),
        splat: rng.bool(),
        skew: rng.bool(),
        depth,
        slot: rng.u8(..config.acc_slots as u8),
        hold: rng.u8(..=levels),
        reduce: rng.u8(..),
        init: rng.u8(..4) > 0,
        emit: rng.u8(..4) > 0,
        lanes: rng.u8(1..=config.lanes as u8),
        cols: rng.u8(1..=config.flit as u8 >> depth),
        order: [FoldOrder::Sequential, FoldOrder::Interleaved][rng.usize(..2)],
        group: rng.u8(1..=config.values() as u8),
        radix: if rng.bool() {
            0
        } else {
            rng.u8(1..=LEVELS as u8 + 1)
        },
        nibbles: config.int4 == 2 && rng.bool(),
        sync: any_sync(Unit::Contract, rng),
    }
}

/// A byte of an operand: the ends of int8 are as frequent as they are dangerous.
pub fn byte(rng: &mut Rng) -> i8 {
    match rng.u8(..8) {
        0 => i8::MIN,
        1 => i8::MAX,
        _ => rng.i8(..),
    }
}
