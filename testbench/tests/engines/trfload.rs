//! TRFLOAD.

use std::collections::VecDeque;

use proptest::prelude::*;
use tcpu_hdl::trfload::TrfLoad;
use tcpu_hdl::types::{Flits, U};
use tcpu_isa::{Command, Fetch, TrfLoad as Exec, Unit};
use tcpu_testbench::bench::{check, Bench, Outcome, Stalls, Watch};

use crate::cases::{build, config, program, stalls, with_reset, RESET};
use crate::front::Feeder;
use crate::packets::{streams, Memory, Stream};

/// A write to the TRF.
struct Write<const S: usize, const F: usize> {
    cycle: u64,
    at: U<28>,
    all: bool,
    flit: Flits<S, F>,
}

/// Where each stream goes: first TRF flit, in all lanes.
type Target = (u32, bool);

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
    let mut feeder = Feeder::new(words, config.queue, [seeds[0], seeds[1]]);
    let mut grant_stalls = Stalls::new(seeds[2]);
    let mut memory = Memory::new(config, seeds[3]);
    let mut expected: VecDeque<(Flits<S, F>, i64)> = VecDeque::new();
    for stream in streams {
        expected.extend(memory.flits(stream)?);
    }
    let mut writes: VecDeque<Write<S, F>> = VecDeque::new();
    // Signals with their cycles, the last grant, packets of the open flit.
    let mut signals: VecDeque<(u64, u64)> = VecDeque::new();
    let (mut granted, mut packets) = (None, 0);
    while (!feeder.finished() || !writes.is_empty() || !signals.is_empty()) && bench.cycle() < until
    {
        let now = bench.cycle();
        let grant = feeder.running.is_some() && !grant_stalls.refuses();
        feeder.drive(bench.uut.as_mut());
        bench.uut.grant.next = grant;
        bench.uut.data.next = memory.data();
        bench.settle();
        feeder.check(bench.uut.as_ref(), grant)?;
        let uut = &bench.uut;
        ensure_eq!(uut.request.val(), feeder.running.is_some(), "request");
        let write = writes.front().filter(|write| write.cycle == now);
        ensure_eq!(uut.write.val(), write.is_some(), "write");
        let moving = granted.is_some_and(|t: u64| t + 2 >= now);
        let quiet = feeder.quiet() && !moving && write.is_none();
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
        memory.clock(None);
        if let Some(running) = &feeder.running {
            let Command::TrfLoad(exec) = running.command else {
                return Err("only trfloads were sent".into());
            };
            let at = running.at()[0];
            ensure_eq!(uut.request_at.val(), U::new(at), "request_at");
            ensure_eq!(
                uut.request_bytes.val(),
                U::new(exec.fetch.packet.into()),
                "request_bytes"
            );
            if grant {
                memory.clock(Some((at, exec.fetch.packet)));
                granted = Some(now);
                packets += 1;
                if packets == exec.fetch.pack {
                    packets = 0;
                    let (flit, b) = expected.pop_front().ok_or("a flit too many")?;
                    let at = U::new((i64::from(exec.trf) + b) as u64);
                    writes.push_back(Write {
                        cycle: now + 3,
                        at,
                        all: exec.broadcast,
                        flit,
                    });
                }
                if running.last() {
                    signals.push_back((now + 3, running.signals()));
                    packets = 0;
                }
            }
        }
        feeder.clock(grant);
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

    /// Each flit of the golden model is written once, in order, to its own row and lane (or to all lanes),
    /// three cycles after the grant of its last packet, and the exec's signals come with its last flit. A
    /// packet is asked for in every cycle in which an exec runs: without stalls one per cycle.
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
