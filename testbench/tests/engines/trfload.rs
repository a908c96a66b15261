//! TRFLOAD.

use std::collections::VecDeque;

use proptest::prelude::*;
use tcpu_hdl::trfload::TrfLoad;
use tcpu_hdl::types::{Flits, U};
use tcpu_isa::pipeline::{READ_CYCLES, TRFLOAD_CYCLES, TRFLOAD_DONE_CYCLES};
use tcpu_isa::{Command, Config, Fetch, TrfLoad as Exec, Unit};
use tcpu_testbench::bench::{check, Bench, Outcome, Stalls, Watch};

use crate::cases::{build, config, program, stalls, with_reset, RESET};
use crate::front::{Ahead, Feeder, Running};
use crate::packets::{packet, streams, Memory, Packet, Stream};

/// Cycles from the grant of a flit's last packet to its write.
const TO_TRF: u64 = TRFLOAD_CYCLES as u64;

/// A write to the TRF.
struct Write<const S: usize, const F: usize> {
    cycle: u64,
    at: U<28>,
    all: bool,
    flit: Flits<S, F>,
}

/// Where each stream goes: first TRF flit, in all lanes.
type Target = (u32, bool);

/// A packet, and where its exec's flits go.
#[derive(Clone, Copy)]
struct Aimed {
    packet: Packet,
    trf: Target,
}

fn aimed(config: &Config, running: &Running) -> Vec<Aimed> {
    let Command::TrfLoad(exec) = running.command else {
        return Vec::new();
    };
    let trf = (exec.trf, exec.broadcast);
    let aim = |packet| Aimed { packet, trf };
    packet(config, running).into_iter().map(aim).collect()
}

fn targets() -> impl Strategy<Value = [Target; 4]> {
    prop::array::uniform4((0u32..64, any::<bool>()))
}

/// Runs the streams; seeds stall words, semaphores and grants.
fn play<const S: usize, const F: usize>(
    preset: &str,
    streams: &[Stream],
    targets: &[Target],
    seeds: &[u64],
    watch: &mut Watch,
) -> Outcome {
    let mut bench = Bench::new(
        TrfLoad::<S, F>::new(&build(preset)),
        |u, c| u.clock.next.clk = c,
        watch,
    )?;
    with_reset(
        &mut bench,
        seeds[4],
        |bench, until| part(bench, preset, streams, targets, seeds, until),
        |u, on| {
            u.reset.next = on;
            u.push.next = false;
            u.grant.next = on && u.request.val();
        },
    )
}

/// Plays the case, up to a cycle.
fn part<const S: usize, const F: usize>(
    bench: &mut Bench<TrfLoad<S, F>>,
    preset: &str,
    streams: &[Stream],
    targets: &[Target],
    seeds: &[u64],
    until: u64,
) -> Outcome {
    let config = &build(preset);
    let exec = |((nest, fetch), (trf, broadcast)): (&Stream, &Target)| {
        let (fetch, trf, broadcast) = (*fetch, *trf, *broadcast);
        (
            *nest,
            Command::TrfLoad(Exec {
                fetch,
                trf,
                broadcast,
            }),
        )
    };
    let words = program(Unit::TrfLoad, streams.iter().zip(targets).map(exec));
    let feeder = Feeder::new(words, config.queue, [seeds[0], seeds[1]]);
    let mut ahead = Ahead::new(config, feeder, aimed);
    let mut grant_stalls = Stalls::new(seeds[2]);
    let mut memory = Memory::new(config, seeds[3]);
    let mut expected: VecDeque<(Flits<S, F>, i64)> = VecDeque::new();
    for stream in streams {
        expected.extend(memory.flits(stream)?);
    }
    let mut writes: VecDeque<Write<S, F>> = VecDeque::new();
    // The TRF writes.
    let mut written = false;
    // Signals with their cycles, the last grant.
    let mut signals: VecDeque<(u64, u64)> = VecDeque::new();
    let mut granted = None;
    while (!ahead.finished() || !writes.is_empty() || !signals.is_empty()) && bench.cycle() < until
    {
        let now = bench.cycle();
        let head = ahead.head().copied();
        let grant = head.is_some() && !grant_stalls.refuses();
        ahead.feeder.drive(bench.uut.as_mut());
        bench.uut.grant.next = grant;
        bench.uut.data.next = memory.data();
        bench.settle();
        ahead.check(bench.uut.as_ref())?;
        let uut = &bench.uut;
        ensure_eq!(uut.request.val(), head.is_some(), "request");
        let write = writes.front().filter(|write| write.cycle == now);
        ensure_eq!(uut.write.val(), write.is_some(), "write");
        let moving = granted.is_some_and(|t: u64| t + READ_CYCLES as u64 + 1 >= now);
        let quiet = ahead.quiet() && !moving && !written && write.is_none();
        written = write.is_some();
        ensure_eq!(uut.quiet.val(), quiet, "quiet");
        if let Some(write) = write {
            ensure_eq!(uut.write_at.val(), write.at, "write_at");
            ensure_eq!(uut.write_all.val(), write.all, "write_all");
            ensure_eq!(uut.write_data.val(), write.flit, "the flit");
            writes.pop_front();
        }
        let due = signals.front().is_some_and(|(cycle, _)| *cycle == now);
        let signal = if due { signals.pop_front() } else { None };
        ensure_eq!(
            uut.done.val().value(),
            signal.map_or(0, |(_, done)| done),
            "done"
        );
        let ends = grant && head.is_some_and(|aimed| aimed.packet.last);
        ensure_eq!(uut.ends.val(), ends, "ends");
        if let Some(Aimed { packet, trf }) = head {
            ensure_eq!(uut.request_at.val(), U::new(packet.at), "request_at");
            ensure_eq!(
                uut.request_banks.val(),
                U::new(packet.banks),
                "request_banks"
            );
            ensure_eq!(uut.request_turn.val(), U::new(packet.turn), "request_turn");
            if grant {
                granted = Some(now);
                if packet.closes {
                    let (flit, b) = expected.pop_front().ok_or("a flit too many")?;
                    let at = U::new((i64::from(trf.0) + b) as u64);
                    writes.push_back(Write {
                        cycle: now + TO_TRF,
                        at,
                        all: trf.1,
                        flit,
                    });
                }
                if packet.last {
                    signals.push_back((now + TRFLOAD_DONE_CYCLES as u64, packet.done));
                }
            }
        }
        memory.clock(head.filter(|_| grant).map(|aimed| aimed.packet));
        ahead.clock(grant);
        bench.edge();
    }
    if bench.cycle() >= until {
        return Ok(());
    }
    ensure_eq!(expected.len(), 0, "flits that did not come");
    Ok(())
}

proptest! {
    #![proptest_config(config(768))]

    /// Each flit of the golden model is given to the TRF once, in order, to its own row and lane (or to all lanes),
    /// [`TO_TRF`] cycles after the grant of its last packet, and the exec's signals come [`TRFLOAD_DONE_CYCLES`] after
    /// that of its last one. A packet is asked for in every cycle in which an exec runs: without stalls one per cycle.
    #[test]
    fn flits_to_tiny(
        streams in streams(Unit::TrfLoad, &build("tiny")),
        targets in targets(),
        seeds in stalls(5),
    ) {
        check("trfload_tiny", |watch| play::<2, 4>("tiny", &streams, &targets, &seeds, watch))?;
    }
}

proptest! {
    #![proptest_config(config(256))]

    /// The same with flits of 16 bytes.
    #[test]
    fn flits_to_ecp5_85k(
        streams in streams(Unit::TrfLoad, &build("ecp5-85k")),
        targets in targets(),
        seeds in stalls(5),
    ) {
        check("trfload_ecp5", |watch| play::<2, 16>("ecp5-85k", &streams, &targets, &seeds, watch))?;
    }

    /// Packets that do not fill an exec's last flit are dropped; the next exec begins a flit of its own.
    #[test]
    fn incomplete_flits(counts in prop::collection::vec((1u16..9, 1u8..=4), 1..5), seeds in stalls(5)) {
        let stream = |&(count, pack): &(u16, u8)| {
            let mut nest = RESET;
            nest[0].count = count;
            nest[0].stride_a = 3;
            let sync = Default::default();
            (nest, Fetch { levels: 1, base: 40, packet: 1, pack, tail: None, sync })
        };
        let streams: Vec<Stream> = counts.iter().map(stream).collect();
        let targets = [(0, false); 4];
        check("trfload_incomplete", |watch| {
            play::<2, 4>("tiny", &streams, &targets, &seeds, watch)
        })?;
    }
}
