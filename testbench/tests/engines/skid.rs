//! The skid buffer.

use std::collections::VecDeque;

use fastrand::Rng;
use proptest::prelude::*;
use tcpu_hdl::skid::Skid;
use tcpu_hdl::types::U;
use tcpu_testbench::bench::{check, Bench, Outcome, Stalls, Watch};

use crate::cases::{config, stalls, with_reset};

/// Words that it holds.
pub const ROOM: usize = 2;

/// Moves random words through the buffer, who pushes and who pops stalling by their seeds.
fn play(words: usize, seeds: &[u64], watch: &mut Watch) -> Outcome {
    let block = Skid::<U<16>>::default();
    let mut bench = Bench::new(block, |u, c| u.clock.next.clk = c, watch)?;
    with_reset(
        &mut bench,
        seeds[2],
        |bench, until| part(bench, words, seeds, until),
        |u, on| {
            u.reset.next = on;
            u.push.next = false;
            u.pop.next = false;
        },
    )
}

/// Plays the case, up to a cycle.
fn part(bench: &mut Bench<Skid<U<16>>>, words: usize, seeds: &[u64], until: u64) -> Outcome {
    let (mut push_stalls, mut pop_stalls) = (Stalls::new(seeds[0]), Stalls::new(seeds[1]));
    let mut rng = Rng::with_seed(seeds[0]);
    let mut held: VecDeque<U<16>> = VecDeque::new();
    let (mut pushed, mut popped) = (0, 0);
    let first = bench.cycle();
    while popped < words && bench.cycle() < until {
        let ready = held.len() < ROOM;
        // What is offered does not look at what is popped: the buffer is there to part the two.
        let push = pushed < words && ready && !push_stalls.refuses();
        let pop = !held.is_empty() && !pop_stalls.refuses();
        bench.uut.push.next = push;
        bench.uut.data.next = U::new(rng.u64(..));
        bench.uut.pop.next = pop;
        bench.settle();
        let uut = &bench.uut;
        ensure_eq!(uut.ready.val(), ready, "ready");
        ensure_eq!(uut.valid.val(), !held.is_empty(), "valid");
        if let Some(head) = held.front() {
            ensure_eq!(uut.head.val(), *head, "head");
        }
        if pop {
            held.pop_front();
            popped += 1;
        }
        if push {
            held.push_back(uut.data.val());
            pushed += 1;
        }
        bench.edge();
    }
    if bench.cycle() < until && !push_stalls.stalls() && !pop_stalls.stalls() {
        let cycles = bench.cycle() - first;
        ensure_eq!(cycles, words as u64 + 1, "cycles at one word per cycle");
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(2048))]

    /// Words leave in the order in which they came, none lost, none twice; the head is in sight one cycle
    /// after it was pushed and stands still until it is popped. There is room for another word unless two
    /// were held at the cycle's start, whatever is popped in it. Without stalls a word enters and one leaves in
    /// every cycle.
    #[test]
    fn two_words(words in 1usize..150, seeds in stalls(3)) {
        check("skid", |watch| play(words, &seeds, watch))?;
    }
}
