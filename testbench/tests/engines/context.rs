//! The front of every unit: queue, shadow nest, sequencer.

use proptest::prelude::*;
use tcpu_hdl::context::Context;
use tcpu_hdl::types::U;
use tcpu_isa::{Command, Config, Dma, Unit};
use tcpu_testbench::bench::{check, Bench, Outcome, Stalls, Watch};

use crate::cases::{config, levels, program, stalls, steps, sync, used, with_reset, Levels, RESET};
use crate::front::Feeder;

/// Execs of the load unit: of all units, it uses both address spaces in full.
fn execs() -> impl Strategy<Value = Vec<(Levels, Command)>> {
    let nest = levels(60, i32::MIN..=i32::MAX, -(1 << 23)..=(1 << 23) - 1);
    let exec = (
        prop::option::of(nest),
        used(),
        any::<u32>(),
        0u32..4096,
        any::<bool>(),
        sync(Unit::Load),
    );
    prop::collection::vec(exec, 1..6).prop_map(|execs| {
        let mut shadow = RESET;
        let exec = |(nest, levels, ext, dm, broadcast, sync)| {
            shadow = Option::unwrap_or(nest, shadow);
            let bytes = 1 + (ext >> 9) as u16 % (2048 - dm % 2048) as u16;
            let dma = Dma {
                levels,
                ext,
                dm,
                bytes,
                broadcast,
                sync,
            };
            (shadow, Command::Load(dma))
        };
        execs.into_iter().map(exec).collect()
    })
}

/// Feeds the words of all execs; the unit behind steps when its seed says so.
fn play(words: &[Command], depth: usize, seeds: &[u64], watch: &mut Watch) -> Outcome {
    let mut bench = Bench::new(Context::new(depth, 16), |u, c| u.clock.next.clk = c, watch)?;
    with_reset(
        &mut bench,
        seeds[3],
        |bench, until| part(bench, words, depth, seeds, until),
        |u, on| {
            u.reset.next = on;
            u.push.next = false;
            u.step.next = false;
        },
    )
}

/// Plays the case, up to a cycle.
fn part(
    bench: &mut Bench<Context>,
    words: &[Command],
    depth: usize,
    seeds: &[u64],
    until: u64,
) -> Outcome {
    let config = Config::preset("tiny")?;
    for word in words {
        word.check(&config)?;
    }
    let mut feeder = Feeder::new(words.to_vec(), depth, [seeds[0], seeds[1]]);
    let mut step_stalls = Stalls::new(seeds[2]);
    while !feeder.finished() && bench.cycle() < until {
        let step = feeder.running.is_some() && !step_stalls.refuses();
        feeder.drive(bench.uut.as_mut());
        bench.uut.step.next = step;
        bench.settle();
        feeder.check(bench.uut.as_ref())?;
        ensure_eq!(bench.uut.start.val(), feeder.starts(step), "start");
        let uut = &bench.uut;
        ensure_eq!(uut.quiet.val(), feeder.quiet(), "quiet");
        if let Some(running) = &feeder.running {
            let (at, place) = (running.at(), running.step());
            ensure_eq!([uut.a.val().value(), uut.b.val().value()], at, "addresses");
            ensure_eq!(
                uut.at_first.val(),
                U::new(place.at_first.into()),
                "at_first"
            );
            ensure_eq!(uut.at_last.val(), U::new(place.at_last.into()), "at_last");
            ensure_eq!(uut.last.val(), running.last(), "last");
            ensure_eq!(uut.signals.val().value(), running.signals(), "signals");
            let Command::Load(command) = running.command else {
                return Err("only loads were sent".into());
            };
            ensure_eq!(
                uut.dma.val().bytes,
                U::new(command.bytes.into()),
                "parameters"
            );
            ensure_eq!(uut.dma.val().broadcast, command.broadcast, "parameters");
        }
        feeder.clock(step);
        bench.edge();
    }
    if bench.cycle() >= until {
        return Ok(());
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(768))]

    /// Loop words set the shadow nest, one per cycle, while an exec runs too; an exec starts with the nest
    /// as it was set before it, when the unit is free and its semaphores are there, and keeps its own
    /// parameters while later words come. In every cycle all outputs are what the book says.
    #[test]
    fn execs_in_order(
        execs in execs(),
        depth in prop_oneof![1 => 1u32..5, 2 => Just(5)],
        seeds in stalls(4),
    ) {
        let words = program(Unit::Load, execs);
        check("context", |watch| play(&words, 1 << depth, &seeds, watch))?;
    }

    /// Execs that wait in the queue follow each other without a bubble: a step in every cycle, but for one behind an exec
    /// of one step.
    #[test]
    fn back_to_back(nest in levels(40, -9..=9, -9..=9), execs in prop::collection::vec(used(), 2..48)) {
        let exec = |&levels: &u8| (nest, Command::Load(Dma {
            levels, ext: 0, dm: 0, bytes: 1, broadcast: false, sync: Default::default(),
        }));
        let steps = execs.iter().map(|&levels| steps(&nest, levels));
        let total: u64 = steps.clone().sum();
        // The first one has started long before, and behind the last one is nothing.
        let between = steps.skip(1).take(execs.len() - 2);
        let bubbles = between.filter(|&steps| steps == 1).count() as u64;
        check("context_back_to_back", |watch| {
            let mut bench = Bench::new(Context::new(32, 16), |u, c| u.clock.next.clk = c, watch)?;
            let mut feeder = Feeder::new(program(Unit::Load, execs.iter().map(exec)), 32, [0, 0]);
            let (mut first, mut end, mut made) = (None, 0, 0);
            while made < total {
                feeder.drive(bench.uut.as_mut());
                // The unit begins when all words are there.
                let step = feeder.running.is_some() && bench.cycle() >= 56;
                bench.uut.step.next = step;
                bench.settle();
                feeder.check(bench.uut.as_ref())?;
                ensure_eq!(bench.uut.start.val(), feeder.starts(step), "start");
                if step {
                    first.get_or_insert(bench.cycle());
                    end = bench.cycle();
                    made += 1;
                }
                feeder.clock(step);
                bench.edge();
            }
            ensure_eq!(end + 1 - first.unwrap_or(0), total + bubbles, "cycles of all steps");
            Ok(())
        })?;
    }
}
