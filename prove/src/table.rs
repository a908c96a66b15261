//! The proofs: which property of which block, and how.

use rust_hdl::prelude::Block;
use tcpu_hdl::bus::{AxiControl, AxiMemory, Region, Registers};
use tcpu_hdl::commit::CommitUnit;
use tcpu_hdl::contract::fold::LaneFolder;
use tcpu_hdl::contract::ContractUnit;
use tcpu_hdl::dispatch::Dispatch;
use tcpu_hdl::dm::{Arbiter, Banks};
use tcpu_hdl::fetch::Fetch;
use tcpu_hdl::fifo::Fifo;
use tcpu_hdl::link::port::MemoryPort;
use tcpu_hdl::load::LoadUnit;
use tcpu_hdl::packets::Packets;
use tcpu_hdl::semaphores::{Inbox, Semaphores};
use tcpu_hdl::sequencer::Sequencer;
use tcpu_hdl::skid::Skid;
use tcpu_hdl::store::StoreUnit;
use tcpu_hdl::trfload::TrfLoad;
use tcpu_hdl::types::U;
use tcpu_isa::bus::{at, COMMANDS, REGISTER_BYTES};
use tcpu_isa::link::IDENTITY_WORDS;
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
    /// Parts of the block, by their instances' names from the top on, that are cut out: what comes from them may be
    /// anything.
    pub(crate) cut: &'static [&'static str],
    /// A fault that the property must find: text of the block's Verilog, and what stands there instead.
    pub(crate) fault: (&'static str, &'static str),
    /// Numbers of this block, for its property; those of the build are there anyway.
    pub(crate) numbers: &'static [(&'static str, usize)],
}

/// A property's text, of one or several files.
macro_rules! property {
    ($($name:literal),*) => {
        concat!($(include_str!(concat!("../properties/", $name, ".v"))),*)
    };
}

/// What holds of every queue and every skid buffer inside a block.
pub(crate) const QUEUE: &str = property!("queue");
pub(crate) const BUFFER: &str = property!("buffer");

/// A queue of so many words. Two bits are enough to tell words apart: what a word says goes nowhere but out.
macro_rules! fifo {
    ($name:literal, $depth:literal) => {
        fifo!($name, $depth, new, "", "fifo")
    };
    ($name:literal, $depth:literal, $new:ident, $what:literal, $($property:literal),*) => {
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
            property: property!($($property),*),
            block: |_| Box::new(Fifo::<U<2>>::$new($depth)),
            cut: &[],
            fault: ("if (pop & ~write)", "if (pop)"),
            numbers: &[("DEPTH", $depth), ("WIDTH", 2)],
        }
    };
}

/// All proofs.
pub const PROOFS: &[Proof] = &[
    fifo!("fifo-1", 1),
    fifo!("fifo-5", 5),
    fifo!("fifo-8", 8),
    fifo!("fifo-8-registered", 8, registered, " with its head in a register", "fifo", "fifo_registered"),
    fifo!("fifo-16", 16),
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
        quick: true,
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
        fault: ("(~(urgent_store & fetch_store))", "(~urgent_store | ~urgent_load)"),
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
        cut: &[],
        fault: ("word[84:81] > 4'd9", "word[84:81] > 4'd10"),
        numbers: &[],
    },
    Proof {
        name: "load",
        claim: "load's requests and windows are never withdrawn or changed; each beat is written once",
        method: Method::Bounded(12),
        covers: 16,
        quick: false,
        property: property!("legal", "load"),
        block: |config| Box::new(LoadUnit::<4>::new(config)),
        cut: &[],
        fault: ("r_ready = tags_ready", "r_ready = 1'b1"),
        numbers: &[],
    },
    Proof {
        name: "load-queues",
        claim: "load's requests and windows stand still; each beat that it takes is written once; no queue overflows",
        method: Method::Induction(2),
        covers: 10,
        quick: true,
        property: property!("load_queues"),
        block: |config| Box::new(LoadUnit::<4>::new(config)),
        cut: &["context_", "rows"],
        fault: ("r_ready = tags_ready", "r_ready = 1'b1"),
        numbers: &[],
    },
    Proof {
        name: "store",
        claim: "store's requests and data are never withdrawn or changed; each beat is given once, and asked for",
        method: Method::Bounded(12),
        covers: 16,
        quick: false,
        property: property!("legal", "store"),
        block: |config| Box::new(StoreUnit::<4>::new(config)),
        cut: &[],
        fault: ("leaves = beats_valid & w_ready", "leaves = beats_valid"),
        numbers: &[],
    },
    Proof {
        name: "store-queues",
        claim: "store's reads, requests and data stand still; it has room for each beat that it reads; no queue overflows",
        method: Method::Induction(2),
        covers: 14,
        quick: true,
        property: property!("store_queues"),
        block: |config| Box::new(StoreUnit::<4>::new(config)),
        cut: &["context_", "rows"],
        fault: ("(reserved < 4'd8)", "(reserved < 4'd9)"),
        numbers: &[],
    },
    Proof {
        name: "fetch",
        claim: "fetch's requests and flits are never withdrawn or changed",
        method: Method::Bounded(12),
        covers: 14,
        quick: false,
        property: property!("legal", "fetch"),
        block: |config| Box::new(Fetch::<2, 4>::new(config)),
        cut: &[],
        fault: ("if (pop) first", "first"),
        numbers: &[],
    },
    Proof {
        name: "fetch-queues",
        claim: "the stream's flits stand still; there is room for each that is asked for; its queue never overflows",
        method: Method::Induction(2),
        covers: 20,
        quick: true,
        property: property!("fetch_queues"),
        block: |config| Box::new(Fetch::<2, 4>::new(config)),
        cut: &["packets"],
        fault: ("if (~pop)", "if (1'b1)"),
        numbers: &[],
    },
    Proof {
        name: "packets",
        claim: "packets become flits, of fetch and trfload: each packet is asked for once, each flit given once, whole",
        method: Method::Induction(5),
        covers: 12,
        quick: true,
        property: property!("packets"),
        block: |config| Box::new(Packets::<2, 4>::new(config)),
        cut: &["context_"],
        fault: ("if (~valid3)", "if (~valid4)"),
        numbers: &[("DATA_AFTER", 3), ("FLIT_AFTER", 4)],
    },
    Proof {
        name: "trfload",
        claim: "trfload's requests are never withdrawn or changed; each flit is written once, at its place",
        method: Method::Induction(6),
        covers: 12,
        quick: true,
        property: property!("trfload"),
        block: |config| Box::new(TrfLoad::<2, 4>::new(config)),
        cut: &["packets/context_"],
        fault: ("tag5 <= tag4", "tag5 <= tag3"),
        numbers: &[("WRITE_AFTER", 5)],
    },
    Proof {
        name: "folder",
        claim: "the lane folder shows each flit of each row once, in order, and lets it stand until it is taken",
        method: Method::Induction(2),
        covers: 14,
        quick: true,
        property: property!("folder"),
        block: |_| Box::<LaneFolder>::default(),
        cut: &[],
        fault: ("left <= (group + group)", "left < (group + group)"),
        numbers: &[("MOST_LANES", 16), ("MOST_COLS", 32)],
    },
    Proof {
        name: "contract",
        claim: "each step is issued once, with its flit; each flit that is taken is announced once, its row in place",
        method: Method::Induction(8),
        covers: 16,
        quick: true,
        property: property!("contract"),
        block: |config| Box::new(ContractUnit::<2, 2, 4, 1, 4>::new(config)),
        cut: &["context_", "select", "multipliers", "head_levels", "mid_levels", "tail_levels", "accumulators", "pick"],
        fault: ("coming[0] <= flit_taken", "coming[0] <= flit_valid"),
        numbers: &[("ROW", 7), ("PICK", 6)],
    },
    Proof {
        name: "commit",
        claim: "each flit that commit takes is written once; its requests stand still; no queue over- or underflows",
        method: Method::Induction(2),
        covers: 12,
        quick: true,
        property: property!("commit"),
        block: |config| Box::new(CommitUnit::<2, 4, 1>::new(config)),
        cut: &["context_", "requant"],
        fault: ("flit_valid) & (~places_full)", "flit_valid) & (~windows_full)"),
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
        fault: (
            "is_moving = (step & place[PLACE_VALID])",
            "is_moving = place[PLACE_VALID]",
        ),
        numbers: &[("PAUSES", 1), ("MOST_STEPS", 8)],
    },
    Proof {
        name: "port",
        claim: "the link's memory port: each request and each beat is one side's, once; what is owed in a reset is given",
        method: Method::Induction(2),
        covers: 8,
        quick: true,
        property: property!("port"),
        block: |_| Box::<MemoryPort<4>>::default(),
        cut: &[],
        fault: ("if (link_r_ready | reset)", "if (link_r_ready)"),
        numbers: &[],
    },
    Proof {
        name: "bus-control",
        claim: "the slave of a bus: each access answered once, rightly; answers stand still; writes whole or not at all",
        method: Method::Induction(2),
        covers: 10,
        quick: true,
        property: property!("bus_control"),
        block: |_| Box::<AxiControl>::default(),
        cut: &[],
        fault: ("arready = (~reads) & (~gives)", "arready = ~reads"),
        numbers: &[],
    },
    Proof {
        name: "bus-registers",
        claim: "command words reach the buffer whole, in order, and only where there is room; none behind a lost one",
        method: Method::Induction(2),
        covers: 30,
        quick: true,
        property: property!("bus_registers"),
        block: |_| Box::new(Registers::new([0; IDENTITY_WORDS])),
        cut: &[],
        fault: ("if (overflow | (~steady))", "if (~steady)"),
        numbers: &[
            ("COMMAND_AT", at::COMMAND / REGISTER_BYTES),
            ("CONTROL_AT", at::CONTROL / REGISTER_BYTES),
            ("COMMANDS", COMMANDS as usize),
        ],
    },
    Proof {
        name: "bus-memory",
        claim: "the master of a bus: bursts stand still, are legal and as long as they say; each beat is handed on",
        method: Method::Induction(2),
        covers: 14,
        quick: true,
        property: property!("bus_memory"),
        block: |_| Box::<AxiMemory<4>>::default(),
        cut: &["reads", "writes"],
        fault: ("room < {7'd0, left}", "room < {8'd0, left[3:0]}"),
        numbers: &[],
    },
    Proof {
        name: "bus-region",
        claim: "a region counts what is on its way, and sees whatever could meet any of it",
        method: Method::Induction(2),
        covers: 10,
        quick: true,
        property: property!("bus_region"),
        block: |_| Box::<Region>::default(),
        cut: &[],
        fault: ("end_ >= low", "at >= low"),
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
