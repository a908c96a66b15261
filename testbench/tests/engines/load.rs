//! LOAD, on the external memory's port.

use std::collections::VecDeque;

use fastrand::Rng;
use proptest::prelude::*;
use tcpu_golden::dma;
use tcpu_hdl::load::LoadUnit;
use tcpu_hdl::types::{Flits, U};
use tcpu_isa::pipeline::IN_FLIGHT;
use tcpu_isa::{Command, Config, Dma, MemoryTiming, Unit, MAX_BURST};
use tcpu_testbench::bench::{check, Bench, Stalls, Watch};
use tcpu_testbench::memory::{ExternalMemory, Request, Shown};

use crate::cases::{build, config, program, stalls, with_reset, Levels};
use crate::dm::banks;
use crate::front::{Ahead, Feeder, Running};
use crate::rows::{parts, transfers, Part, EXTERNAL};

/// A beat that was asked for.
struct Beat {
    dm: u64,
    part: Part,
    broadcast: bool,
    /// It is the last of its request; the signals, if it is the last of its exec.
    closes: bool,
    done: u64,
}

/// A request, its beats, and whether it is its exec's last.
struct Burst {
    asks: Request,
    beats: Vec<Beat>,
    last: bool,
}

/// The requests of a step: of a row.
fn bursts(config: &Config, running: &Running) -> Vec<Burst> {
    let (Command::Load(c), flit) = (running.command, config.flit) else {
        return Vec::new();
    };
    let [ext, dm] = running.at();
    let row = parts(ext as usize, c.bytes.into(), flit);
    let burst = |(i, parts): (usize, &[Part])| {
        let last = (i + 1) * MAX_BURST >= row.len();
        let beat = |(k, part): (usize, &Part)| {
            let closes = k + 1 == parts.len();
            Beat {
                dm,
                part: *part,
                broadcast: c.broadcast,
                closes,
                done: if closes && last { running.done() } else { 0 },
            }
        };
        Burst {
            asks: Request {
                write: false,
                addr: ext - ext % flit as u64 + (i * MAX_BURST * flit) as u64,
                beats: parts.len() as u32,
            },
            beats: parts.iter().enumerate().map(beat).collect(),
            last: last && running.last(),
        }
    };
    row.chunks(MAX_BURST).enumerate().map(burst).collect()
}

/// Cycles of the writes to DM.
type Writes = Vec<u64>;

/// Runs the transfers; seeds stall words, semaphores, the port's grant, the memory, writes.
fn play<const F: usize>(
    config: &Config,
    transfers: &[(Levels, Dma)],
    timing: MemoryTiming,
    seeds: &[u64],
    watch: &mut Watch,
) -> Result<Writes, Box<dyn std::error::Error>> {
    let mut bench = Bench::new(
        LoadUnit::<F>::new(config),
        |u, c| u.clock.next.clk = c,
        watch,
    )?;
    with_reset(
        &mut bench,
        seeds[6],
        |bench, until| part(bench, config, transfers, timing, seeds, until),
        |u, on| {
            u.reset.next = on;
            u.push.next = false;
            u.accepted.next = false;
            u.r_valid.next = false;
            u.grant.next = on && u.write.val();
        },
    )
}

/// Plays the case, up to a cycle.
fn part<const F: usize>(
    bench: &mut Bench<LoadUnit<F>>,
    config: &Config,
    transfers: &[(Levels, Dma)],
    timing: MemoryTiming,
    seeds: &[u64],
    until: u64,
) -> Result<Writes, Box<dyn std::error::Error>> {
    let execs = transfers.iter().map(|(nest, c)| (*nest, Command::Load(*c)));
    let words = program(Unit::Load, execs);
    let feeder = Feeder::new(words, config.queue, [seeds[0], seeds[1]]);
    let mut ahead = Ahead::of_rows(config, feeder, bursts);
    let (mut turn_stalls, mut write_stalls) = (Stalls::new(seeds[2]), Stalls::new(seeds[4]));
    let mut rng = Rng::with_seed(seeds[5]);
    let image: Vec<u8> = (0..EXTERNAL).map(|_| rng.u8(..)).collect();
    let memory_stalls = (seeds[3] > 0).then_some(seeds[3]);
    let mut memory = ExternalMemory::new(image.clone(), F, timing, memory_stalls);
    let mut dm = vec![vec![0u8; config.dm_bytes()]; config.slices];
    let mut expected = dm.clone();
    for (nest, c) in transfers {
        let nest = &nest[..usize::from(c.levels)];
        dma::load(c, nest, &image, &mut expected).map_err(|o| format!("{o:?}"))?;
    }
    // Beats on their way, requests in the FIFO and the one before it, beats that wait for DM.
    let (mut beats, mut flights, mut flying) = (VecDeque::new(), 0, false);
    let mut waiting: VecDeque<(Beat, Flits<1, F>)> = VecDeque::new();
    let (mut writes, mut finished) = (Vec::new(), 0);
    while (!ahead.finished() || !beats.is_empty() || !waiting.is_empty() || finished != 0)
        && bench.cycle() < until
    {
        let request = ahead.head().is_some() && flights < IN_FLIGHT;
        let turn = !turn_stalls.refuses();
        let accepted = request && turn && memory.req_ready();
        let grant = !waiting.is_empty() && !write_stalls.refuses();
        let mut shown = Shown {
            r_ready: waiting.len() < 2,
            ..Shown::default()
        };
        ahead.feeder.drive(bench.uut.as_mut());
        let uut = &mut bench.uut;
        uut.accepted.next = accepted;
        uut.grant.next = grant;
        let r_data = memory
            .r_data()
            .map(|data| Flits([std::array::from_fn(|i| data[i] as i8)]));
        uut.r_valid.next = r_data.is_some();
        uut.r_data.next = r_data.unwrap_or(Flits([[(); F].map(|()| rng.i8(..))]));
        bench.settle();
        ahead.check(bench.uut.as_ref())?;
        let uut = &bench.uut;
        ensure_eq!(uut.request.val(), request, "request");
        if let (true, Some(Burst { asks, .. })) = (request, ahead.head()) {
            let beats = U::new(asks.beats.into());
            ensure_eq!(uut.request_at.val(), U::new(asks.addr), "request_at");
            ensure_eq!(uut.request_beats.val(), beats, "request_beats");
        }
        let ends = accepted && ahead.head().is_some_and(|burst| burst.last);
        ensure_eq!(uut.ends.val(), ends, "ends");
        ensure_eq!(uut.r_ready.val(), shown.r_ready, "r_ready");
        ensure_eq!(uut.write.val(), !waiting.is_empty(), "write");
        let quiet = ahead.quiet() && beats.is_empty() && waiting.is_empty() && finished == 0;
        ensure_eq!(uut.quiet.val(), quiet, "quiet");
        let mut done = 0;
        if let Some((beat, data)) = waiting.front() {
            let (lo, bytes) = (beat.part.lo, beat.part.hi - beat.part.lo);
            ensure_eq!(uut.write_at.val(), U::new(beat.dm + lo as u64), "write_at");
            // The window's banks are those up to the end of its beat.
            let touched = banks(config, beat.dm as usize + lo, F - beat.part.lane);
            let at = beat.dm as usize + lo;
            ensure_eq!(uut.write_end.val(), (at % F + bytes).into(), "write_end");
            // Less than a word of it is behind the beat already.
            let turn = (at + F - beat.part.lane) % F / 4 * 4;
            ensure_eq!(uut.write_turn.val(), turn.into(), "write_turn");
            ensure_eq!(uut.write_banks.val(), U::new(touched), "write_banks");
            ensure_eq!(uut.write_all.val(), beat.broadcast, "write_all");
            // As DM's rows have it.
            let written = uut.write_data.val().0[0];
            let found: Vec<i8> = (0..bytes)
                .map(|i| written[(at + i + F - turn) % F])
                .collect();
            ensure_eq!(found, data.0[0][beat.part.lane..][..bytes], "the bytes");
            if grant {
                done = beat.done;
                writes.push(bench.cycle());
                for (s, slice) in dm.iter_mut().enumerate() {
                    if beat.broadcast || s == at / config.dm_bytes() {
                        let place = &mut slice[at % config.dm_bytes()..][..bytes];
                        place
                            .iter_mut()
                            .zip(&found)
                            .for_each(|(old, new)| *old = *new as u8);
                    }
                }
            }
        }
        ensure_eq!(uut.done.val().value(), finished, "done");
        finished = done;
        if grant {
            waiting.pop_front();
        }
        if shown.r_ready {
            if let Some(data) = r_data {
                let beat: Beat = beats.pop_front().ok_or("a beat that nobody asked for")?;
                flying &= !beat.closes;
                waiting.push_back((beat, data));
            }
        }
        if !flying && flights > 0 {
            (flying, flights) = (true, flights - 1);
        }
        if let Some(burst) = ahead.clock(accepted) {
            shown.request = Some(burst.asks);
            beats.extend(burst.beats);
            flights += 1;
        }
        memory.clock(&shown);
        bench.edge();
    }
    if bench.cycle() >= until {
        return Ok(Vec::new());
    }
    ensure!(dm == expected, "DM has other contents");
    Ok(writes)
}

fn timings(flit: usize) -> impl Strategy<Value = MemoryTiming> {
    (0..=flit.trailing_zeros(), 2usize..50).prop_map(|(width, latency)| MemoryTiming {
        width: 1 << width,
        latency,
    })
}

proptest! {
    #![proptest_config(config(256))]

    /// Rows arrive in DM as the golden model says, whatever stalls: each burst is asked for once, in order and
    /// unchanged until it is accepted, while fewer than 32 are in flight; each beat becomes one window
    /// that waits unchanged for its grant; the signals come with the grant of the last.
    #[test]
    fn rows_to_tiny(
        transfers in transfers(Unit::Load, &build("tiny")),
        timing in timings(4),
        seeds in stalls(7),
    ) {
        let config = build("tiny");
        check("load_tiny", |watch| {
            play::<4>(&config, &transfers, timing, &seeds, watch)?;
            Ok(())
        })?;
    }

    /// The same with beats of 16 bytes, and four slices.
    #[test]
    fn rows_to_m256(
        transfers in transfers(Unit::Load, &build("m256")),
        timing in timings(16),
        seeds in stalls(7),
    ) {
        let config = build("m256");
        check("load_m256", |watch| {
            play::<16>(&config, &transfers, timing, &seeds, watch)?;
            Ok(())
        })?;
    }

    /// The same with the widest beats, of 32 bytes.
    #[test]
    fn rows_to_the_widest(
        transfers in transfers(Unit::Load, &build("wide")),
        timing in timings(32),
        seeds in stalls(7),
    ) {
        check("load_wide", |watch| {
            play::<32>(&build("wide"), &transfers, timing, &seeds, watch)?;
            Ok(())
        })?;
    }

    /// A memory as wide as a beat that never stalls: a beat is written in every cycle, from the first to the
    /// last, however long the rows are and wherever they begin.
    #[test]
    fn a_beat_per_cycle(bytes in 1u16..200, ext in 0u32..8, stride in 0i32..9, latency in 2usize..30) {
        let config = build("tiny");
        let mut nest = crate::cases::RESET;
        nest[0].count = 8;
        nest[0].stride_a = stride;
        let dma = Dma { levels: 1, ext, dm: 3, bytes, broadcast: false, sync: Default::default() };
        let rows = [(nest, dma); 3];
        check("load_rate", |watch| {
            let timing = MemoryTiming { width: 4, latency };
            let writes = play::<4>(&config, &rows, timing, &[0; 7], watch)?;
            let cycles = writes[writes.len() - 1] - writes[0] + 1;
            ensure_eq!(cycles, writes.len() as u64, "cycles");
            Ok(())
        })?;
    }
}
