//! The walk over the beats of DMA rows, and execs of load and store, which share it.

use fastrand::Rng;
use proptest::prelude::*;
use tcpu_golden::sequencer::steps;
use tcpu_hdl::rows::RowWalk;
use tcpu_hdl::types::U;
use tcpu_isa::{Config, Dma, Unit, LEVELS, MAX_BURST};
use tcpu_testbench::bench::{check, Bench, Outcome, Stalls, Watch};

use crate::cases::{config, levels, stalls, sync, with_reset, Levels, RESET};

/// Bytes of the external memory in tests.
pub const EXTERNAL: usize = 4096;

/// What one beat carries of a row: bytes `lo` to `hi` of it, from byte `lane` of the beat on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    pub lo: usize,
    pub hi: usize,
    pub lane: usize,
}

/// The beats of a row, byte by byte: each byte is in the beat that its external address is in.
pub fn parts(ext: usize, bytes: usize, flit: usize) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for i in 0..bytes {
        let lane = (ext + i) % flit;
        if i == 0 || lane == 0 {
            parts.push(Part { lo: i, hi: i, lane });
        }
        let last = parts.len() - 1;
        parts[last].hi = i + 1;
    }
    parts
}

/// Rows, their nest, and whether all of them lie inside the memories.
fn inside(config: &Config, nest: &Levels, dma: &Dma) -> bool {
    let (bytes, dm_bytes) = (i64::from(dma.bytes), config.dm_bytes() as i64);
    steps(&nest[..usize::from(dma.levels)]).all(|step| {
        let (ext, dm) = (i64::from(dma.ext) + step.a, i64::from(dma.dm) + step.b);
        ext >= 0
            && ext + bytes <= EXTERNAL as i64
            && dm >= 0
            && dm < config.slices as i64 * dm_bytes
            && dm % dm_bytes + bytes <= dm_bytes
    })
}

/// DMA execs: rows of one byte to several bursts, aligned or not, forwards and backwards, scattered over the
/// slices, each exec with a nest of its own or with the one before it; for `unit`, load or store.
pub fn transfers(unit: Unit, config: &Config) -> impl Strategy<Value = Vec<(Levels, Dma)>> {
    let config = config.clone();
    let most = 20 * config.flit as u16;
    let exec = (
        prop::option::of((levels(20, -60..=60, -40..=40), prop::option::of(0..LEVELS))),
        0..=LEVELS as u8,
        prop_oneof![3 => 1..=3 * config.flit as u16, 1 => 1..=most],
        any::<u64>(),
        any::<bool>(),
        sync(unit),
    );
    prop::collection::vec(exec, 1..5).prop_map(move |execs| {
        let mut shadow = RESET;
        let transfer = |(nest, levels, bytes, seed, broadcast, sync)| {
            let own: Option<(Levels, Option<usize>)> = nest;
            if let Some((nest, scatter)) = own {
                shadow = nest;
                if let Some(level) = scatter {
                    shadow[level] = tcpu_isa::LoopLevel {
                        count: shadow[level].count.min(config.slices as u16),
                        stride_b: config.dm_bytes() as i32,
                        ..shadow[level]
                    };
                }
            }
            let mut rng = Rng::with_seed(seed);
            let all = (config.slices * config.dm_bytes()) as u32;
            let mut dma = Dma {
                levels,
                ext: 0,
                dm: 0,
                bytes,
                broadcast,
                sync,
            };
            // Most first addresses do; a nest that is too wide for all shrinks to its first row.
            loop {
                dma.ext = rng.u32(..EXTERNAL as u32);
                dma.dm = rng.u32(..all);
                if inside(&config, &shadow, &dma) {
                    return (shadow, dma);
                }
                if rng.u8(..20) == 0 {
                    dma.levels = 0;
                }
            }
        };
        execs.into_iter().map(transfer).collect()
    })
}

/// Rows, one after the other: external and DM address, bytes.
type Rows = [(u32, u32, u16)];

/// The outputs of the block, step by step through `rows`, stalling by the seed, in parts of `flit` bytes;
/// by beats, or by requests.
fn walk(flit: usize, by_requests: bool, rows: &Rows, seeds: &[u64], watch: &mut Watch) -> Outcome {
    let config = Config {
        flit,
        ..Config::preset("tiny")?
    };
    let block = match by_requests {
        true => RowWalk::by_requests(&config),
        false => RowWalk::by_beats(&config),
    };
    let mut bench = Bench::new(block, |u, c| u.clock.next.clk = c, watch)?;
    with_reset(
        &mut bench,
        seeds[1],
        |bench, until| part(bench, flit, by_requests, rows, seeds[0], until),
        |u, on| {
            u.reset.next = on;
            u.step.next = false;
        },
    )
}

/// Plays the rows, up to a cycle.
fn part(
    bench: &mut Bench<RowWalk>,
    flit: usize,
    by_requests: bool,
    rows: &Rows,
    seed: u64,
    until: u64,
) -> Outcome {
    let mut stalls = Stalls::new(seed);
    let stride = if by_requests { MAX_BURST } else { 1 };
    for &(ext, dm, bytes) in rows {
        let parts = parts(ext as usize, bytes.into(), flit);
        let mut i = 0;
        while i < parts.len() && bench.cycle() < until {
            let step = !stalls.refuses();
            let uut = &mut bench.uut;
            uut.ext.next = U::new(ext.into());
            uut.dm.next = U::new(dm.into());
            uut.bytes.next = U::new(bytes.into());
            uut.step.next = step;
            bench.settle();
            let uut = &bench.uut;
            let left = parts.len() - i;
            let (first, last) = (&parts[i], &parts[(i + stride).min(parts.len()) - 1]);
            let begin = ext as usize - ext as usize % flit;
            ensure_eq!(uut.row_done.val(), left <= stride, "row_done, beat {i}");
            ensure_eq!(uut.opens.val(), i % MAX_BURST == 0, "opens, beat {i}");
            if i % MAX_BURST == 0 {
                ensure_eq!(
                    uut.beats.val(),
                    left.min(MAX_BURST).into(),
                    "beats, beat {i}"
                );
            }
            let address = (begin + i * flit).into();
            ensure_eq!(uut.ext_beat.val(), address, "ext_beat, beat {i}");
            let window = (dm as usize + first.lo).into();
            ensure_eq!(uut.at.val(), window, "at, beat {i}");
            ensure_eq!(uut.lane.val(), first.lane.into(), "lane, beat {i}");
            let end = last.lane + last.hi - last.lo;
            ensure_eq!(uut.end.val(), end.into(), "end, beat {i}");
            i += if step { stride } else { 0 };
            bench.edge();
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(1024))]

    /// Every byte of a row is in exactly one beat, at the place that its external address gives it, and in
    /// the DM window of that beat; the beats and the sizes of requests add up. At every flit size, wherever
    /// the row begins, row after row, whatever stalls; by beats and by requests.
    #[test]
    fn every_byte_once(
        log in 2u32..6,
        by_requests in any::<bool>(),
        rows in prop::collection::vec(
            (0u32..1 << 31, 0u32..1 << 27, prop_oneof![1u16..40, 1u16..2000]),
            1..6,
        ),
        seeds in stalls(2),
    ) {
        check("rows", |watch| walk(1 << log, by_requests, &rows, &seeds, watch))?;
    }
}
