//! The queue.

use std::collections::VecDeque;

use fastrand::Rng;
use proptest::prelude::*;
use tcpu_hdl::fifo::Fifo;
use tcpu_hdl::types::U;
use tcpu_testbench::bench::{check, Bench, Outcome, Stalls, Watch};

use crate::cases::{config, stalls, with_reset};

/// Moves random words through a queue, its writer and its reader stalling by their seeds.
fn play(
    fifo: Fifo<U<16>>,
    depth: usize,
    words: usize,
    seeds: &[u64],
    watch: &mut Watch,
) -> Outcome {
    let mut bench = Bench::new(fifo, |u, c| u.clock.next.clk = c, watch)?;
    with_reset(
        &mut bench,
        seeds[2],
        |bench, until| part(bench, depth, words, seeds, until),
        |u, on| {
            u.reset.next = on;
            u.write.next = false;
            u.pop.next = false;
        },
    )
}

/// Plays the case, up to a cycle.
fn part(
    bench: &mut Bench<Fifo<U<16>>>,
    depth: usize,
    words: usize,
    seeds: &[u64],
    until: u64,
) -> Outcome {
    let (mut write_stalls, mut pop_stalls) = (Stalls::new(seeds[0]), Stalls::new(seeds[1]));
    let mut rng = Rng::with_seed(seeds[0]);
    let mut queue: VecDeque<U<16>> = VecDeque::new();
    let (mut written, mut read) = (0, 0);
    let first = bench.cycle();
    while read < words && bench.cycle() < until {
        let write = written < words && queue.len() < depth && !write_stalls.refuses();
        let pop = !queue.is_empty() && !pop_stalls.refuses();
        bench.uut.write.next = write;
        bench.uut.data.next = U::new(rng.u64(..));
        bench.uut.pop.next = pop;
        bench.settle();
        let uut = &bench.uut;
        ensure_eq!(uut.valid.val(), !queue.is_empty(), "valid");
        ensure_eq!(uut.full.val(), queue.len() == depth, "full");
        ensure_eq!(uut.count.val(), queue.len().into(), "count");
        if let Some(head) = queue.front() {
            ensure_eq!(uut.head.val(), *head, "head");
        }
        if pop {
            queue.pop_front();
            read += 1;
        }
        if write {
            queue.push_back(uut.data.val());
            written += 1;
        }
        bench.edge();
    }
    if bench.cycle() >= until {
        return Ok(());
    }
    if depth > 1 && !write_stalls.stalls() && !pop_stalls.stalls() {
        ensure_eq!(
            bench.cycle() - first,
            words as u64 + 1,
            "cycles at one word per cycle"
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(2048))]

    /// Words leave in the order in which they came, none lost, none twice; the head is in sight one cycle
    /// after it was written and stands still until it is popped; full and count are right at every depth.
    /// Without stalls a word enters and one leaves in every cycle. The same if the head is a register.
    #[test]
    fn first_in_first_out(depth in prop_oneof![Just(8), 1usize..20], words in 1usize..150, seeds in stalls(3)) {
        check("fifo", |watch| play(Fifo::new(depth), depth, words, &seeds, watch))?;
        let depth = depth + 1;
        check("fifo_registered", |watch| play(Fifo::registered(depth), depth, words, &seeds, watch))?;
    }
}
