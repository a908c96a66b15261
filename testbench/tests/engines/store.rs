//! STORE, on the external memory's port.

use std::collections::VecDeque;

use fastrand::Rng;
use proptest::prelude::*;
use tcpu_golden::dma;
use tcpu_hdl::store::StoreUnit;
use tcpu_hdl::types::{Flits, U};
use tcpu_isa::pipeline::{STORE_BEATS, STORE_READ_CYCLES, STORE_REQUESTS};
use tcpu_isa::{Command, Config, Dma, MemoryTiming, Unit, MAX_BURST};
use tcpu_testbench::bench::{check, Bench, Stalls, Watch};
use tcpu_testbench::memory::{ExternalMemory, Request, Shown};

use crate::cases::{build, config, program, stalls, with_reset, Levels};
use crate::dm::banks;
use crate::front::{Ahead, Feeder, Running};
use crate::rows::{parts, transfers, Part, EXTERNAL};

/// A beat that was read, or will be in the next cycle.
struct Beat {
    /// First cycle in which it is at the port.
    from: u64,
    bytes: Vec<i8>,
    part: Part,
    done: u64,
}

/// A window that the unit asks for.
struct Window {
    at: u64,
    part: Part,
    /// The request that it opens.
    request: Option<Request>,
    /// Its exec's last, and the signals then.
    last: bool,
    done: u64,
}

/// The windows of a step: of a row.
fn windows(config: &Config, running: &Running) -> Vec<Window> {
    let (Command::Store(c), flit) = (running.command, config.flit) else {
        return Vec::new();
    };
    let [ext, dm] = running.at();
    let row = parts(ext as usize, c.bytes.into(), flit);
    let window = |(i, part): (usize, &Part)| {
        let ends = i + 1 == row.len();
        let request = Request {
            write: true,
            addr: ext - ext % flit as u64 + (i * flit) as u64,
            beats: (row.len() - i).min(MAX_BURST) as u32,
        };
        Window {
            at: dm + part.lo as u64,
            part: *part,
            request: (i % MAX_BURST == 0).then_some(request),
            last: ends && running.last(),
            done: if ends { running.done() } else { 0 },
        }
    };
    row.iter().enumerate().map(window).collect()
}

/// Cycles of the beats that were accepted.
type Accepted = Vec<u64>;

/// Runs the transfers; seeds stall words, semaphores, reads, the port's grant, the memory, which keeps up to `early`
/// beats that come before their request.
fn play<const F: usize>(
    config: &Config,
    transfers: &[(Levels, Dma)],
    timing: MemoryTiming,
    early: usize,
    seeds: &[u64],
    watch: &mut Watch,
) -> Result<Accepted, Box<dyn std::error::Error>> {
    let mut bench = Bench::new(
        StoreUnit::<F>::new(config),
        |u, c| u.clock.next.clk = c,
        watch,
    )?;
    with_reset(
        &mut bench,
        seeds[6],
        |bench, until| part(bench, config, transfers, timing, early, seeds, until),
        |u, on| {
            u.reset.next = on;
            u.push.next = false;
            u.accepted.next = false;
            u.w_ready.next = false;
            u.grant.next = on && u.read.val();
        },
    )
}

/// Plays the case, up to a cycle.
fn part<const F: usize>(
    bench: &mut Bench<StoreUnit<F>>,
    config: &Config,
    transfers: &[(Levels, Dma)],
    timing: MemoryTiming,
    early: usize,
    seeds: &[u64],
    until: u64,
) -> Result<Accepted, Box<dyn std::error::Error>> {
    let execs = transfers
        .iter()
        .map(|(nest, c)| (*nest, Command::Store(*c)));
    let words = program(Unit::Store, execs);
    let feeder = Feeder::new(words, config.queue, [seeds[0], seeds[1]]);
    let mut ahead = Ahead::of_rows(config, feeder, windows);
    let (mut read_stalls, mut turn_stalls) = (Stalls::new(seeds[2]), Stalls::new(seeds[3]));
    let mut rng = Rng::with_seed(seeds[5]);
    let image: Vec<u8> = (0..EXTERNAL).map(|_| rng.u8(..)).collect();
    let slice = |_| (0..config.dm_bytes()).map(|_| rng.u8(..)).collect();
    let dm: Vec<Vec<u8>> = (0..config.slices).map(slice).collect();
    let memory_stalls = (seeds[4] > 0).then_some(seeds[4]);
    let mut memory = ExternalMemory::new(image.clone(), F, timing, memory_stalls);
    let mut expected = image;
    for (nest, c) in transfers {
        let nest = &nest[..usize::from(c.levels)];
        dma::store(c, nest, &mut expected, &dm).map_err(|o| format!("{o:?}"))?;
    }
    // Beats and requests on their way, these with the first cycle in which they are at the port; DM's answers.
    let (mut beats, mut requests) = (VecDeque::<Beat>::new(), VecDeque::<(u64, Request)>::new());
    let mut answers: [Option<[i8; F]>; STORE_READ_CYCLES] = [None; STORE_READ_CYCLES];
    // Bytes and strobes that wait before the memory.
    let mut waiting = VecDeque::<(Vec<u8>, u32)>::new();
    let (mut leaves, mut finished) = (Vec::new(), 0);
    // A beat, and a request, left in the cycle before: that there is room for another is known a cycle later.
    let (mut left, mut asked) = (false, false);
    while (!ahead.finished()
        || !beats.is_empty()
        || !requests.is_empty()
        || !waiting.is_empty()
        || !memory.idle()
        || finished != 0)
        && bench.cycle() < until
    {
        let now = bench.cycle();
        let window = ahead.head();
        let room = beats.len() + usize::from(left) < STORE_BEATS
            && requests.len() + usize::from(asked) < STORE_REQUESTS;
        let read = window.is_some() && room;
        let grant = read && !read_stalls.refuses();
        let head = beats.front().filter(|beat| beat.from <= now);
        let takes = memory.w_ready(match early {
            0 => head.is_some(),
            _ => !waiting.is_empty(),
        });
        let w_ready = match early {
            0 => takes,
            _ => head.is_some() && waiting.len() < early,
        };
        let request = requests.front().filter(|(from, _)| *from <= now);
        let accepted = request.is_some() && !turn_stalls.refuses() && memory.req_ready();
        ahead.feeder.drive(bench.uut.as_mut());
        let uut = &mut bench.uut;
        uut.grant.next = grant;
        uut.data.next =
            Flits([answers[STORE_READ_CYCLES - 1].unwrap_or([(); F].map(|()| rng.i8(..)))]);
        uut.accepted.next = accepted;
        uut.w_ready.next = w_ready;
        bench.settle();
        ahead.check(bench.uut.as_ref())?;
        let uut = &bench.uut;
        ensure_eq!(uut.read.val(), read, "read");
        if let (true, Some(window)) = (read, ahead.head()) {
            // The window's banks are those up to the end of its beat.
            let touched = banks(config, window.at as usize, F - window.part.lane);
            let turn = window.at + (F - window.part.lane) as u64;
            ensure_eq!(uut.read_turn.val(), U::new(turn % F as u64), "read_turn");
            ensure_eq!(uut.read_at.val(), U::new(window.at), "read_at");
            ensure_eq!(uut.read_banks.val(), U::new(touched), "read_banks");
        }
        let ends = grant && ahead.head().is_some_and(|window| window.last);
        ensure_eq!(uut.ends.val(), ends, "ends");
        ensure_eq!(uut.request.val(), request.is_some(), "request");
        if let Some((_, request)) = request {
            ensure_eq!(uut.request_at.val(), U::new(request.addr), "request_at");
            ensure_eq!(
                uut.request_beats.val(),
                U::new(request.beats.into()),
                "request_beats"
            );
        }
        ensure_eq!(uut.w_valid.val(), head.is_some(), "w_valid");
        let quiet = ahead.quiet() && beats.is_empty() && requests.is_empty() && finished == 0;
        ensure_eq!(uut.quiet.val(), quiet, "quiet");
        let mut done = 0;
        let mut beat = None;
        if let Some(Beat { part, bytes, .. }) = head {
            let strobe = ((1u64 << bytes.len()) - 1) << part.lane;
            ensure_eq!(uut.w_strb.val(), U::new(strobe), "w_strb");
            let data = uut.w_data.val().0[0];
            ensure_eq!(&data[part.lane..][..bytes.len()], bytes, "the bytes");
            beat = Some((data.iter().map(|&b| b as u8).collect(), strobe as u32));
            if w_ready {
                done = head.map_or(0, |beat| beat.done);
                leaves.push(now);
            }
        }
        ensure_eq!(uut.done.val().value(), finished, "done");
        finished = done;
        let offered = match early {
            0 => beat,
            _ => {
                let front = waiting.front().cloned();
                waiting.drain(..usize::from(takes));
                waiting.extend(beat.filter(|_| w_ready));
                front
            }
        };
        let mut shown = Shown::default();
        if let Some((data, strobe)) = offered {
            (shown.w_valid, shown.w_data, shown.w_strb) = (true, data, strobe);
        }
        (left, asked) = (w_ready, accepted);
        if w_ready {
            beats.pop_front();
        }
        if accepted {
            shown.request = requests.pop_front().map(|(_, request)| request);
        }
        answers.rotate_right(1);
        answers[0] = None;
        if let Some(window) = ahead.clock(grant) {
            let (at, bytes) = (window.at as usize, window.part.hi - window.part.lo);
            let slice = &dm[at / config.dm_bytes()];
            // What DM shows beside the window is noise.
            let mut whole = [(); F].map(|()| rng.i8(..));
            let lane = window.part.lane;
            for i in 0..bytes {
                whole[lane + i] = slice[at % slice.len() + i] as i8;
            }
            answers[0] = Some(whole);
            beats.push_back(Beat {
                from: now + STORE_READ_CYCLES as u64 + 1,
                bytes: whole[lane..][..bytes].to_vec(),
                part: window.part,
                done: window.done,
            });
            requests.extend(window.request.map(|request| (now + 2, request)));
        }
        memory.clock(&shown);
        bench.edge();
    }
    if bench.cycle() >= until {
        return Ok(Vec::new());
    }
    ensure!(
        memory.into_bytes() == expected,
        "the external memory has other contents"
    );
    Ok(leaves)
}

proptest! {
    #![proptest_config(config(256))]

    /// Rows arrive in external memory as the golden model says and no byte beside them changes, whatever
    /// stalls: windows, requests and beats each come once, in order, and wait unchanged; at most eight beats
    /// are on their way, and eight requests, if the memory takes beats before it takes their request. The signals
    /// come with the acceptance of the last beat.
    #[test]
    fn rows_from_tiny(
        transfers in transfers(Unit::Store, &build("tiny")),
        width in 0u32..3,
        latency in 2usize..30,
        early in prop_oneof![Just(0usize), Just(2), Just(40)],
        seeds in stalls(7),
    ) {
        let config = build("tiny");
        let timing = MemoryTiming { width: 1 << width, latency };
        check("store_tiny", |watch| {
            play::<4>(&config, &transfers, timing, early, &seeds, watch)?;
            Ok(())
        })?;
    }

    /// The same with beats of 16 bytes, and four slices.
    #[test]
    fn rows_from_m256(
        transfers in transfers(Unit::Store, &build("m256")),
        width in 0u32..5,
        latency in 2usize..30,
        seeds in stalls(7),
    ) {
        let config = build("m256");
        let timing = MemoryTiming { width: 1 << width, latency };
        check("store_m256", |watch| {
            play::<16>(&config, &transfers, timing, 0, &seeds, watch)?;
            Ok(())
        })?;
    }

    /// The same with the widest beats, of 32 bytes.
    #[test]
    fn rows_from_the_widest(
        transfers in transfers(Unit::Store, &build("wide")),
        width in 0u32..6,
        latency in 2usize..30,
        seeds in stalls(7),
    ) {
        let timing = MemoryTiming { width: 1 << width, latency };
        check("store_wide", |watch| {
            play::<32>(&build("wide"), &transfers, timing, 0, &seeds, watch)?;
            Ok(())
        })?;
    }

    /// A memory as wide as a beat that never stalls: a beat is accepted in every cycle, from the first to the
    /// last, however long the rows are and wherever they begin.
    #[test]
    fn a_beat_per_cycle(bytes in 1u16..200, ext in 0u32..8, stride in 0i32..9) {
        let config = build("tiny");
        let mut nest = crate::cases::RESET;
        nest[0].count = 8;
        nest[0].stride_a = stride;
        let dma = Dma { levels: 1, ext, dm: 3, bytes, broadcast: false, sync: Default::default() };
        let rows = [(nest, dma); 3];
        check("store_rate", |watch| {
            let timing = MemoryTiming { width: 4, latency: 2 };
            let leaves = play::<4>(&config, &rows, timing, 0, &[0; 7], watch)?;
            let cycles = leaves[leaves.len() - 1] - leaves[0] + 1;
            ensure_eq!(cycles, leaves.len() as u64, "cycles");
            Ok(())
        })?;
    }
}
