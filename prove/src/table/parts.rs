//! What the units have in common: queues, semaphores, arbiters, walks.

use tcpu_hdl::context::Context;
use tcpu_hdl::counters::Counters;
use tcpu_hdl::deep_fifo::DeepFifo;
use tcpu_hdl::dispatch::Dispatch;
use tcpu_hdl::dm::{Arbiter, Banks};
use tcpu_hdl::fifo::Fifo;
use tcpu_hdl::rows::RowWalk;
use tcpu_hdl::semaphores::{Inbox, Semaphores};
use tcpu_hdl::sequencer::Sequencer;
use tcpu_hdl::skid::Skid;
use tcpu_hdl::types::U;
use tcpu_isa::counters::LAG;

use super::{Method, Proof};

/// A queue of so many words. Two bits are enough to tell words apart: what a word says goes nowhere but out.
macro_rules! fifo {
    ($name:literal, $depth:literal) => {
        fifo!($name, $depth, Fifo, new, "", "fifo_words")
    };
    ($name:literal, $depth:literal, $queue:ident, $new:ident, $what:literal, $($property:literal),*) => {
        Proof {
            name: $name,
            claim: concat!(
                "a queue of ",
                $depth,
                $what,
                ": order kept, nothing lost or doubled, the head stands still"
            ),
            method: Method::Induction(2),
            covers: 2 * $depth + 2,
            quick: $depth < 8,
            property: property!("fifo", $($property),*),
            block: |_| Box::new($queue::<U<2>>::$new($depth)),
            cut: &[],
            fault: ("if (pop & ~write)", "if (pop)"),
            numbers: &[("DEPTH", $depth), ("WIDTH", 2)],
        }
    };
}

/// The proofs of what the units have in common.
pub(crate) const PARTS: &[Proof] = &[
    fifo!("fifo-2", 2),
    fifo!("fifo-5", 5),
    fifo!("fifo-8", 8),
    fifo!("fifo-8-registered", 8, Fifo, registered, " with its head in a register", "fifo_words", "fifo_registered"),
    fifo!("fifo-16", 16),
    fifo!("deep-fifo-5", 5, DeepFifo, new, " in block RAM", "fifo_deep"),
    fifo!("deep-fifo-8", 8, DeepFifo, new, " in block RAM", "fifo_deep"),
    Proof {
        name: "inbox",
        claim: "a unit's semaphores: each is all signals less all takes, several at once",
        method: Method::Induction(2),
        covers: 3,
        quick: true,
        property: property!("inbox"),
        block: |_| Box::<Inbox>::default(),
        cut: &[],
        fault: ("step = 8'hff", "step = 8'hfe"),
        numbers: &[],
    },
    Proof {
        name: "semaphores",
        claim: "every pair of units has a semaphore of its own; a unit may start if all it waits for are there",
        method: Method::Bounded(6),
        covers: 3,
        quick: false,
        property: property!("semaphores"),
        block: |_| Box::<Semaphores>::default(),
        cut: &[],
        fault: ("done_4[3]", "done_3[4]"),
        numbers: &[],
    },
    Proof {
        name: "semaphores-apart",
        claim: "each unit's semaphores are told all signals for it, and no others; with `inbox`, for all times",
        method: Method::Induction(1),
        covers: 1,
        quick: true,
        property: property!("semaphores_apart"),
        block: |_| Box::<Semaphores>::default(),
        cut: &["inboxes_0", "inboxes_1", "inboxes_2", "inboxes_3", "inboxes_4", "inboxes_5"],
        fault: ("done_4[3]", "done_3[4]"),
        numbers: &[],
    },
    Proof {
        name: "arbiter",
        claim: "no bank is granted twice; nobody waits for more than 8 cycles; fetch and commit go first",
        method: Method::Induction(12),
        covers: 9,
        quick: true,
        property: property!("arbiter"),
        block: |_| Box::<Arbiter>::default(),
        cut: &[],
        fault: ("(~(grant_trfload & trfload_store))", "(~(grant_trfload & fetch_store))"),
        numbers: &[],
    },
    Proof {
        name: "banks",
        claim: "the banks of a window are those of its bytes, for every window",
        method: Method::Induction(1),
        covers: 1,
        quick: true,
        property: property!("banks"),
        block: |config| Box::new(Banks::new(config)),
        cut: &[],
        fault: ("leaves_row & in_last_row", "leaves_row"),
        numbers: &[],
    },
    Proof {
        name: "skid",
        claim: "a skid buffer: order kept, nothing lost or doubled, the head stands still",
        method: Method::Induction(2),
        covers: 4,
        quick: true,
        property: property!("skid"),
        block: |_| Box::<Skid<U<8>>>::default(),
        cut: &[],
        fault: ("filled <= push | spilled", "filled <= push"),
        numbers: &[("WIDTH", 8)],
    },
    Proof {
        name: "dispatch",
        claim: "only legal words reach a queue, whole, in order, theirs; nothing after a fault",
        method: Method::Induction(2),
        covers: 8,
        quick: true,
        property: property!("legal", "dispatch"),
        block: |config| Box::new(Dispatch::new(config)),
        cut: &["intake"],
        fault: ("word[84:81] > 4'd9", "word[84:81] > 4'd10"),
        numbers: &[],
    },
    Proof {
        name: "context",
        claim: "each word of a unit's queue is done once, in order: a loop set, an exec started when it may",
        method: Method::Induction(2),
        covers: 24,
        quick: true,
        property: property!("context"),
        block: |config| Box::new(Context::new(config.queue, config.flit)),
        cut: &["sequencer"],
        fault: ("(execs & (~begun)) & free", "execs & free"),
        numbers: &[],
    },
    Proof {
        name: "sequencer",
        claim: "every nest of up to 3 levels of up to 3 iterations: addresses and marks in closed form",
        method: Method::Bounded(33),
        covers: 33,
        quick: false,
        property: property!("sequencer"),
        block: |_| Box::<Sequencer>::default(),
        cut: &[],
        fault: ("left == 16'd2", "left == 16'd1"),
        numbers: &[("PAUSES", 0), ("MOST_STEPS", 27)],
    },
    Proof {
        name: "sequencer-pauses",
        claim: "the same, with pauses between the steps",
        method: Method::Bounded(14),
        covers: 14,
        quick: false,
        property: property!("sequencer"),
        block: |_| Box::<Sequencer>::default(),
        cut: &[],
        fault: ("goes = step |", "goes = 1'b1 |"),
        numbers: &[("PAUSES", 1), ("MOST_STEPS", 8)],
    },
    Proof {
        name: "rows-beats",
        claim: "a row of store: each of its bytes in one step, in order; requests of up to 16 beats, as many as it has",
        method: Method::Induction(2),
        covers: 24,
        quick: false,
        property: property!("rows"),
        block: |config| Box::new(RowWalk::by_beats(config)),
        cut: &[],
        fault: ("left == 16'd2", "left == 16'd1"),
        numbers: &[("STRIDE", 1)],
    },
    Proof {
        name: "rows-requests",
        claim: "a row of load, a request a step: the same",
        method: Method::Induction(2),
        covers: 8,
        quick: false,
        property: property!("rows"),
        block: |config| Box::new(RowWalk::by_requests(config)),
        cut: &[],
        fault: ("left == 16'd2", "left == 16'd1"),
        numbers: &[("STRIDE", 16)],
    },
    Proof {
        name: "counters",
        claim: "each counter counts each of its events, and shows them all when it says so",
        method: Method::Induction(2),
        covers: 36,
        quick: false,
        property: property!("counters"),
        block: |_| Box::<Counters>::default(),
        cut: &[],
        fault: ("(turn == i) ?", "(turn == i & !happened[i]) ?"),
        numbers: &[("LAG", LAG)],
    },
];
