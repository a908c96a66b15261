//! The proofs: which property of which block, and how.

use rust_hdl::prelude::Block;
use tcpu_hdl::dispatch::Dispatch;
use tcpu_hdl::dm::Arbiter;
use tcpu_hdl::fifo::Fifo;
use tcpu_hdl::semaphores::{Inbox, Semaphores};
use tcpu_hdl::types::U;
use tcpu_isa::{Config, ConfigError};

/// How a property is proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// For all times, by induction over so many cycles.
    Induction(usize),
    /// For so many cycles after power-up.
    Bounded(usize),
}

/// A property and the block that has it.
#[derive(Clone, Copy, Debug)]
pub struct Proof {
    pub name: &'static str,
    /// What is proven, in a line.
    pub claim: &'static str,
    pub method: Method,
    /// In how many cycles all covers are reached.
    pub covers: usize,
    /// It takes a second or two: part of the crate's tests.
    pub quick: bool,
    pub(crate) property: &'static str,
    pub(crate) block: fn(&Config) -> Box<dyn Block>,
    /// A fault that the property must find: text of the block's Verilog, and what stands there instead.
    pub(crate) fault: (&'static str, &'static str),
    /// Numbers of this block, for its property; those of the build are there anyway.
    pub(crate) numbers: &'static [(&'static str, usize)],
}

/// A property's text.
macro_rules! property {
    ($name:literal) => {
        include_str!(concat!("../properties/", $name, ".v"))
    };
}

/// A queue of so many bytes.
macro_rules! fifo {
    ($name:literal, $depth:literal) => {
        Proof {
            name: $name,
            claim: concat!(
                "a queue of ",
                $depth,
                ": order kept, nothing lost or doubled, the head stands still"
            ),
            method: Method::Induction(2),
            covers: 2 * $depth + 2,
            quick: $depth < 16,
            property: property!("fifo"),
            block: |_| Box::new(Fifo::<U<8>>::new($depth)),
            fault: ("if (pop & ~write)", "if (pop)"),
            numbers: &[("DEPTH", $depth), ("WIDTH", 8)],
        }
    };
}

/// All proofs.
pub const PROOFS: &[Proof] = &[
    fifo!("fifo-1", 1),
    fifo!("fifo-5", 5),
    fifo!("fifo-8", 8),
    fifo!("fifo-16", 16),
    Proof {
        name: "inbox",
        claim: "a unit's semaphores: each is all signals less all takes, several at once",
        method: Method::Induction(2),
        covers: 3,
        quick: true,
        property: property!("inbox"),
        block: |_| Box::<Inbox>::default(),
        fault: ("step = 8'hff", "step = 8'hfe"),
        numbers: &[],
    },
    Proof {
        name: "semaphores",
        claim: "every pair of units has a semaphore of its own; a unit may start if all it waits for are there",
        method: Method::Bounded(6),
        covers: 3,
        quick: true,
        property: property!("semaphores"),
        block: |_| Box::<Semaphores>::default(),
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
        block: |config| Box::new(Arbiter::new(config)),
        fault: ("(~(urgent_store & fetch_store))", "(~urgent_store | ~urgent_load)"),
        numbers: &[],
    },
    Proof {
        name: "dispatch",
        claim: "only legal words reach a queue, whole, in order, theirs; nothing after a fault",
        method: Method::Induction(2),
        covers: 8,
        quick: true,
        property: property!("dispatch"),
        block: |config| Box::new(Dispatch::new(config)),
        fault: ("word[84:81] > 4'd9", "word[84:81] > 4'd10"),
        numbers: &[],
    },
];

impl Proof {
    /// The build whose blocks are proven.
    ///
    /// # Errors
    /// None, as long as there is this build.
    pub fn config() -> Result<Config, ConfigError> {
        Config::preset("tiny")
    }
}
