//! FETCH.

use std::collections::VecDeque;

use proptest::prelude::*;
use tcpu_hdl::fetch::Fetch;
use tcpu_hdl::types::{Flits, U};
use tcpu_isa::pipeline::{READ_CYCLES, STREAM};
use tcpu_isa::{Command, Config, Unit};
use tcpu_testbench::bench::{check, Bench, Outcome, Stalls, Watch};

use crate::cases::{build, config, levels, program, stalls, steps, with_reset};
use crate::front::{Ahead, Feeder};
use crate::packets::{packet, steady, streams, Memory, Stream};

/// The cycles of the grants.
type Grants = Vec<u64>;

/// Runs the streams; seeds stall words, semaphores, grants and pops.
fn play<const S: usize, const F: usize>(
    config: &Config,
    streams: &[Stream],
    seeds: &[u64],
    watch: &mut Watch,
) -> Result<Grants, Box<dyn std::error::Error>> {
    let mut bench = Bench::new(
        Fetch::<S, F>::new(config),
        |u, c| u.clock.next.clk = c,
        watch,
    )?;
    with_reset(
        &mut bench,
        seeds[5],
        |bench, until| part(bench, config, streams, seeds, until),
        |u, on| {
            u.reset.next = on;
            u.push.next = false;
            u.pop.next = false;
            u.grant.next = on && u.request.val();
        },
    )
}

/// Plays the case, up to a cycle.
fn part<const S: usize, const F: usize>(
    bench: &mut Bench<Fetch<S, F>>,
    config: &Config,
    streams: &[Stream],
    seeds: &[u64],
    until: u64,
) -> Result<Grants, Box<dyn std::error::Error>> {
    let execs = streams.iter().map(|(nest, c)| (*nest, Command::Fetch(*c)));
    let words = program(Unit::Fetch, execs);
    let feeder = Feeder::new(words, config.queue, [seeds[0], seeds[1]]);
    let mut ahead = Ahead::new(config, feeder, packet);
    let (mut grant_stalls, mut pop_stalls) = (Stalls::new(seeds[2]), Stalls::new(seeds[3]));
    let mut memory = Memory::new(config, seeds[4]);
    let mut expected: VecDeque<Flits<S, F>> = VecDeque::new();
    for stream in streams {
        expected.extend(memory.flits(stream)?.into_iter().map(|(flit, _)| flit));
    }
    // Flits on their way or waiting, flits in sight, cycles of flits to come.
    let (mut reserved, mut waiting) = (0, 0);
    let mut coming: VecDeque<u64> = VecDeque::new();
    let (mut done, mut grants) = (0, Vec::new());
    while (!ahead.finished() || reserved > 0) && bench.cycle() < until {
        let now = bench.cycle();
        if coming.front() == Some(&now) {
            coming.pop_front();
            waiting += 1;
        }
        let head = ahead.head().copied();
        let request = head.is_some_and(|packet| !packet.first || reserved < STREAM);
        let grant = request && !grant_stalls.refuses();
        let pop = waiting > 0 && !pop_stalls.refuses();
        ahead.feeder.drive(bench.uut.as_mut());
        bench.uut.grant.next = grant;
        bench.uut.data.next = memory.data();
        bench.uut.pop.next = pop;
        bench.settle();
        ahead.check(bench.uut.as_ref())?;
        let uut = &bench.uut;
        ensure_eq!(uut.request.val(), request, "request");
        ensure_eq!(uut.stream_valid.val(), waiting > 0, "stream_valid");
        if waiting > 0 {
            ensure_eq!(uut.stream.val(), expected[0], "the flit");
        }
        ensure_eq!(uut.done.val().value(), done, "done");
        let moving = grants
            .last()
            .is_some_and(|&t: &u64| t + READ_CYCLES as u64 + 1 >= now);
        let quiet = ahead.quiet() && !moving && waiting == 0 && done == 0;
        ensure_eq!(uut.quiet.val(), quiet, "quiet");
        if pop {
            expected.pop_front();
            (waiting, reserved) = (waiting - 1, reserved - 1);
        }
        done = 0;
        let ends = grant && head.is_some_and(|packet| packet.last);
        ensure_eq!(uut.ends.val(), ends, "ends");
        memory.clock(head.filter(|_| grant));
        if let (true, Some(packet)) = (request, head) {
            ensure_eq!(uut.request_at.val(), U::new(packet.at), "request_at");
            ensure_eq!(
                uut.request_banks.val(),
                U::new(packet.banks),
                "request_banks"
            );
            ensure_eq!(uut.request_turn.val(), U::new(packet.turn), "request_turn");
            if grant {
                grants.push(now);
                reserved += usize::from(packet.first);
                if packet.closes {
                    coming.push_back(now + READ_CYCLES as u64 + 2);
                }
                done = packet.done;
            }
        }
        ahead.clock(grant);
        bench.edge();
    }
    if bench.cycle() >= until {
        return Ok(Vec::new());
    }
    ensure_eq!(expected.len(), 0, "flits that did not come");
    Ok(grants)
}

fn run<const S: usize, const F: usize>(
    preset: &'static str,
) -> impl Fn(&[Stream], &[u64], &mut Watch) -> Outcome {
    move |streams, seeds, watch| play::<S, F>(&build(preset), streams, seeds, watch).map(drop)
}

proptest! {
    #![proptest_config(config(768))]

    /// Each slice's flits are the golden model's, in order, none lost or doubled, whatever stalls; the head
    /// stands still until it is popped, and shows up two cycles after DM's answer to its last packet. A request
    /// waits unchanged for its grant; there is one whenever an exec runs and fewer than eight flits are under
    /// way. An exec's signals come one cycle after its last grant.
    #[test]
    fn streams_on_tiny(
        streams in streams(Unit::Fetch, &build("tiny")),
        seeds in stalls(6),
    ) {
        check("fetch_tiny", |watch| run::<2, 4>("tiny")(&streams, &seeds, watch))?;
    }
}

proptest! {
    #![proptest_config(config(256))]

    /// The same with flits of 16 bytes.
    #[test]
    fn streams_on_ecp5_85k(
        streams in streams(Unit::Fetch, &build("ecp5-85k")),
        seeds in stalls(6),
    ) {
        check("fetch_ecp5", |watch| run::<2, 16>("ecp5-85k")(&streams, &seeds, watch))?;
    }

    /// The same with the widest flits, of 32 bytes, and the shortest queue.
    #[test]
    fn streams_on_the_widest(streams in streams(Unit::Fetch, &build("wide")), seeds in stalls(6)) {
        check("fetch_wide", |watch| run::<1, 32>("wide")(&streams, &seeds, watch))?;
    }

    /// Nobody stalls: a packet, here a whole flit, in every cycle, through all loop levels and from exec to
    /// exec.
    #[test]
    fn a_flit_per_cycle(nest in levels(40, -9..=9, 0..=0), n in 0..=8u8, execs in 1usize..6) {
        let config = build("tiny");
        // Long enough for the words behind it.
        let long = levels_of_64(nest);
        let streams = steady(&config, long, n.max(1), execs);
        check("fetch_rate", |watch| {
            let grants = play::<2, 4>(&config, &streams, &[0; 6], watch)?;
            let total = steps(&long, n.max(1)) * execs as u64;
            ensure_eq!(grants.len() as u64, total, "grants");
            ensure_eq!(grants[grants.len() - 1] - grants[0] + 1, total, "cycles");
            Ok(())
        })?;
    }
}

/// With an innermost level of 64 iterations.
fn levels_of_64(mut nest: crate::cases::Levels) -> crate::cases::Levels {
    nest[0].count = 64;
    nest
}
