//! The queues: of LUT RAM, and of block RAM.

use std::collections::VecDeque;

use fastrand::Rng;
use proptest::prelude::*;
use rust_hdl::prelude::Block;
use tcpu_hdl::deep_fifo::DeepFifo;
use tcpu_hdl::fifo::Fifo;
use tcpu_hdl::types::U;
use tcpu_testbench::bench::{check, Bench, Outcome, Stalls, Watch};

use crate::cases::{config, stalls, with_reset};

/// What a queue shows.
struct Shown {
    valid: bool,
    some: bool,
    full: bool,
    count: U<16>,
    head: U<16>,
}

/// A kind of queue.
trait Queue: Block {
    /// Cycles after that of its write in which a word can be seen, if none is before it.
    const SEEN: u64;

    fn clock(&mut self, high: bool);
    fn drive(&mut self, reset: bool, write: bool, data: U<16>, pop: bool);
    fn shown(&self) -> Shown;
}

macro_rules! queue {
    ($queue:ident, $seen:literal, $some:ident) => {
        impl Queue for $queue<U<16>> {
            const SEEN: u64 = $seen;

            fn clock(&mut self, high: bool) {
                self.clock.next.clk = high;
            }

            fn drive(&mut self, reset: bool, write: bool, data: U<16>, pop: bool) {
                self.reset.next = reset;
                self.write.next = write;
                self.data.next = data;
                self.pop.next = pop;
            }

            fn shown(&self) -> Shown {
                Shown {
                    valid: self.valid.val(),
                    some: self.$some.val(),
                    full: self.full.val(),
                    count: self.count.val(),
                    head: self.head.val(),
                }
            }
        }
    };
}

queue!(Fifo, 1, valid);
queue!(DeepFifo, 2, some);

/// Moves random words through a queue, its writer and its reader stalling by their seeds.
fn play<Q: Queue>(
    queue: Q,
    depth: usize,
    words: usize,
    seeds: &[u64],
    watch: &mut Watch,
) -> Outcome {
    let mut bench = Bench::new(queue, Q::clock, watch)?;
    with_reset(
        &mut bench,
        seeds[2],
        |bench, until| part(bench, depth, words, seeds, until),
        |queue, on| queue.drive(on, false, U::default(), false),
    )
}

/// Plays the case, up to a cycle.
fn part<Q: Queue>(
    bench: &mut Bench<Q>,
    depth: usize,
    words: usize,
    seeds: &[u64],
    until: u64,
) -> Outcome {
    let (mut write_stalls, mut pop_stalls) = (Stalls::new(seeds[0]), Stalls::new(seeds[1]));
    let mut rng = Rng::with_seed(seeds[0]);
    // Words, and the cycle from which on each may be seen.
    let mut queue: VecDeque<(U<16>, u64)> = VecDeque::new();
    let (mut written, mut read) = (0, 0);
    let first = bench.cycle();
    while read < words && bench.cycle() < until {
        let now = bench.cycle();
        let write = written < words && queue.len() < depth && !write_stalls.refuses();
        let seen = queue.front().filter(|(_, from)| *from <= now).copied();
        let pop = seen.is_some() && !pop_stalls.refuses();
        let data = U::new(rng.u64(..));
        bench.uut.drive(false, write, data, pop);
        bench.settle();
        let shown = bench.uut.shown();
        ensure_eq!(shown.valid, seen.is_some(), "valid");
        ensure_eq!(shown.some, !queue.is_empty(), "some");
        ensure_eq!(shown.full, queue.len() == depth, "full");
        ensure_eq!(shown.count, queue.len().into(), "count");
        if let Some((head, _)) = seen {
            ensure_eq!(shown.head, head, "head");
        }
        if pop {
            queue.pop_front();
            read += 1;
        }
        if write {
            queue.push_back((data, now + Q::SEEN));
            written += 1;
        }
        bench.edge();
    }
    if bench.cycle() >= until {
        return Ok(());
    }
    if depth as u64 > Q::SEEN && !write_stalls.stalls() && !pop_stalls.stalls() {
        ensure_eq!(
            bench.cycle() - first,
            words as u64 + Q::SEEN,
            "cycles at one word per cycle"
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(2048))]

    /// Words leave in the order in which they came, none lost, none twice; the head is in sight one cycle
    /// after it was written (two, if it is in block RAM) and stands still until it is popped; full and count are right
    /// at every depth, and so is that some wait. Without stalls a word enters and one leaves in every cycle. The same
    /// if the head is a register.
    #[test]
    fn first_in_first_out(depth in prop_oneof![Just(8), 1usize..20], words in 1usize..150, seeds in stalls(3)) {
        check("fifo", |watch| play(Fifo::new(depth), depth, words, &seeds, watch))?;
        let depth = depth + 1;
        check("fifo_registered", |watch| play(Fifo::registered(depth), depth, words, &seeds, watch))?;
        check("deep_fifo", |watch| play(DeepFifo::new(depth), depth, words, &seeds, watch))?;
    }
}
