//! The walk over the beats of DMA rows, and execs of load and store, which share it.

use fastrand::Rng;
use proptest::prelude::*;
use tcpu_golden::sequencer::steps;
use tcpu_hdl::rows::Beat;
use tcpu_hdl::types::U;
use tcpu_isa::{Config, Dma, Unit, LEVELS, MAX_BURST};
use tcpu_testbench::bench::{check, Bench, Watch};

use crate::cases::{config, levels, sync, Levels, RESET};

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

/// The outputs of the block for beat number `beat`, whose row lies in parts of `flit` bytes.
fn compare(flit: usize, ext: u32, dm: u32, bytes: u16, watch: &mut Watch) -> Result<(), String> {
    let config = Config {
        flit,
        ..Config::preset("tiny").map_err(|e| e.to_string())?
    };
    let bench = Bench::new(Beat::new(&config), |_, _| (), watch);
    let mut bench = bench.map_err(|e| e.to_string())?;
    let parts = parts(ext as usize, bytes.into(), flit);
    for (i, part) in parts.iter().enumerate() {
        let uut = &mut bench.uut;
        uut.ext.next = U::new(ext.into());
        uut.dm.next = U::new(dm.into());
        uut.bytes.next = U::new(bytes.into());
        uut.beat.next = i.into();
        bench.settle();
        let uut = &bench.uut;
        let left = parts.len() - i;
        let first = ext as usize - ext as usize % flit;
        ensure_eq!(uut.left.val(), left.into(), "left, beat {i}");
        ensure_eq!(
            uut.chunk.val(),
            left.min(MAX_BURST).into(),
            "chunk, beat {i}"
        );
        ensure_eq!(
            uut.ext_beat.val(),
            (first + i * flit).into(),
            "ext_beat, beat {i}"
        );
        ensure_eq!(
            uut.window_at.val(),
            (dm as usize + part.lo).into(),
            "window_at, beat {i}"
        );
        ensure_eq!(
            uut.window_bytes.val(),
            (part.hi - part.lo).into(),
            "window_bytes, beat {i}"
        );
        ensure_eq!(
            uut.window_lane.val(),
            part.lane.into(),
            "window_lane, beat {i}"
        );
        bench.edge();
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(1024))]

    /// Every byte of a row is in exactly one beat, at the place that its external address gives it, and in
    /// the DM window of that beat; the beats and the sizes of bursts add up. At every flit size, wherever
    /// the row begins.
    #[test]
    fn every_byte_once(
        log in 2u32..6,
        ext in 0u32..1 << 31,
        dm in 0u32..1 << 27,
        bytes in prop_oneof![1u16..40, 1u16..2000],
    ) {
        check("rows", |watch| Ok(compare(1 << log, ext, dm, bytes, watch)?))?;
    }
}
