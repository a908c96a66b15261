//! The walk over the beats of DMA rows, and execs of load and store, which share it.

use std::collections::VecDeque;

use fastrand::Rng;
use proptest::prelude::*;
use tcpu_golden::sequencer::steps;
use tcpu_hdl::rows::RowWalk;
use tcpu_hdl::types::U;
use tcpu_isa::{Config, Dma, Unit, LEVELS, MAX_BURST};
use tcpu_testbench::bench::{check, Bench, Outcome, Stalls, Watch};

use crate::cases::{config, levels, stalls, sync, used, with_reset, Levels, RESET};
use crate::skid::ROOM;

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
    let most = 40 * config.flit as u16;
    let exec = (
        prop::option::of((levels(20, -60..=60, -40..=40), prop::option::of(0..LEVELS))),
        used(),
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

/// What the block shows of a step.
#[derive(Debug, PartialEq, Eq)]
struct Shown {
    opens: bool,
    /// Address and beats of the request, if one begins.
    request: Option<(u64, u64)>,
    at: u64,
    lane: u64,
    end: u64,
    last: bool,
    done: u64,
}

/// The steps of a row, in parts of `flit` bytes, `stride` of them at a time. The last one signals.
fn steps_of(flit: usize, stride: usize, (ext, dm, bytes): (u32, u32, u16)) -> Vec<Shown> {
    let parts = parts(ext as usize, bytes.into(), flit);
    let begin = ext as usize - ext as usize % flit;
    let step = |i: usize| {
        let (left, opens) = (parts.len() - i, i % MAX_BURST == 0);
        let (first, last) = (&parts[i], &parts[(i + stride).min(parts.len()) - 1]);
        let request = ((begin + i * flit) as u64, left.min(MAX_BURST) as u64);
        Shown {
            opens,
            request: opens.then_some(request),
            at: u64::from(dm) + first.lo as u64,
            lane: first.lane as u64,
            end: (last.lane + last.hi - last.lo) as u64,
            last: left <= stride && bytes % 2 == 1,
            done: u64::from(left <= stride && bytes % 2 == 1) * u64::from(bytes % 64),
        }
    };
    (0..parts.len()).step_by(stride).map(step).collect()
}

/// The outputs of the block, step by step through `rows`, stalling by the seeds, in parts of `flit` bytes;
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
        seeds[2],
        |bench, until| part(bench, flit, by_requests, rows, seeds, until),
        |u, on| {
            u.reset.next = on;
            u.push.next = false;
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
    seeds: &[u64],
    until: u64,
) -> Outcome {
    let (mut push_stalls, mut step_stalls) = (Stalls::new(seeds[0]), Stalls::new(seeds[1]));
    let stride = if by_requests { MAX_BURST } else { 1 };
    let mut rows: VecDeque<_> = rows.iter().copied().collect();
    let mut held: VecDeque<VecDeque<Shown>> = VecDeque::new();
    let mut loaded = None;
    while (!rows.is_empty() || !held.is_empty()) && bench.cycle() < until {
        let ready = held.len() < ROOM;
        // Their bytes are known before.
        let next = rows.front().map_or(11, |row| row.2);
        let offered = rows.front().copied();
        let offered = offered.filter(|row| loaded == Some(row.2) && !push_stalls.refuses());
        let loads = loaded != Some(next);
        let step = !held.is_empty() && !step_stalls.refuses();
        let uut = &mut bench.uut;
        uut.push.next = offered.is_some();
        let (ext, dm, bytes) = offered.unwrap_or((7, 9, 11));
        uut.ext.next = U::new(ext.into());
        uut.dm.next = U::new(dm.into());
        uut.loads.next = loads;
        uut.bytes.next = U::new(if loads { next.into() } else { 13 });
        loaded = Some(next);
        uut.row_last.next = bytes % 2 == 1;
        uut.signals.next = U::new(u64::from(bytes % 64));
        uut.row_broadcast.next = bytes % 3 == 0;
        uut.step.next = step;
        bench.settle();
        let uut = &bench.uut;
        ensure_eq!(uut.ready.val(), ready, "ready");
        ensure_eq!(uut.valid.val(), !held.is_empty(), "valid");
        if let Some(expected) = held.front().and_then(VecDeque::front) {
            let opens = uut.opens.val();
            let request = (uut.ext_beat.val().value(), uut.beats.val().value());
            let shown = Shown {
                opens,
                request: opens.then_some(request),
                at: uut.at.val().value(),
                lane: uut.lane.val().value(),
                end: uut.end.val().value(),
                last: uut.last.val(),
                done: uut.done.val().value(),
            };
            ensure_eq!(shown, *expected, "the step");
        }
        if let (true, Some(row)) = (step, held.front_mut()) {
            row.pop_front();
            held.retain(|row| !row.is_empty());
        }
        if let (true, Some(row)) = (ready, offered) {
            rows.pop_front();
            held.push_back(steps_of(flit, stride, row).into());
        }
        bench.edge();
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(1024))]

    /// Every byte of a row is in exactly one beat, at the place that its external address gives it, and in
    /// the DM window of that beat; the beats and the sizes of requests add up. At every flit size, wherever
    /// the row begins, row after row, whatever stalls; by beats and by requests. The last step of an exec's last
    /// row says so, and no other.
    #[test]
    fn every_byte_once(
        log in prop_oneof![Just(2u32), 2u32..6],
        by_requests in any::<bool>(),
        rows in prop::collection::vec(
            (0u32..1 << 31, 0u32..1 << 27, prop_oneof![1u16..40, 60u16..76, 1u16..2000]),
            1..6,
        ),
        seeds in stalls(3),
    ) {
        // Many are about as long as the longest request.
        let long = |bytes| if (60..76).contains(&bytes) { bytes << (log - 2) } else { bytes };
        let rows: Vec<_> = rows.into_iter().map(|(ext, dm, bytes)| (ext, dm, long(bytes))).collect();
        check("rows", |watch| walk(1 << log, by_requests, &rows, &seeds, watch))?;
    }
}
