//! Where the machine ends: the memory port, the bus.

use tcpu_hdl::block_memory::BlockMemory;
use tcpu_hdl::bus::{AxiControl, AxiMemory, Region, Registers};
use tcpu_hdl::link::answer::{kind, Answer};
use tcpu_hdl::link::port::MemoryPort;
use tcpu_hdl::link::server::Server;
use tcpu_hdl::processor::{Processor, RESET_CYCLES};
use tcpu_hdl::sdram::{Sdram, SdramConfig};
use tcpu_isa::bus::{at, COMMANDS, REGISTER_BYTES};
use tcpu_isa::link::{CRC_BYTES, IDENTITY_WORDS, REQUEST_BYTES};

use super::{Method, Proof};

/// A chip with times that all differ, short enough to see several refreshes.
const CHIP: SdramConfig = SdramConfig {
    columns: 9,
    rows: 13,
    startup: 9,
    rcd: 2,
    rp: 3,
    ras: 6,
    wr: 4,
    rfc: 7,
    refresh: 60,
    cas: 3,
};

/// The proofs of what is between the machine and its surroundings.
pub(crate) const EDGES: &[Proof] = &[
    Proof {
        name: "port-shared",
        claim: "load and store share a port: each request is accepted once; nobody waits for two of the other's",
        method: Method::Induction(2),
        covers: 6,
        quick: true,
        property: property!("port_shared"),
        block: |config| Box::new(Processor::<2, 2, 4, 1, 4>::new(config)),
        cut: &[
            "dispatch", "semaphores", "arbiter", "dm", "trf", "fetch", "contract", "commit", "trfload", "load", "store",
            "counters",
        ],
        fault: ("& req_ready) & (~store_turn)", "& req_ready)"),
        numbers: &[],
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
        fault: ("(writes > 16'd0) & (~fresh)", "writes > 16'd0"),
        numbers: &[],
    },
    Proof {
        name: "server",
        claim: "the link asks for memory only while the machine rests; its requests stand still; words and beats are whole",
        method: Method::Induction(2),
        covers: 36,
        quick: false,
        property: property!("server"),
        block: |_| Box::<Server<4>>::default(),
        cut: &["judge"],
        fault: ("got == 6'd3", "got == 6'd4"),
        numbers: &[
            ("HEAD_BYTES", REQUEST_BYTES),
            ("CRC_BYTES", CRC_BYTES),
            ("OF_MEMORY", kind::MEMORY as usize),
        ],
    },
    Proof {
        name: "answer",
        claim: "the link asks for a beat at a time, and waits for it, only while it answers with memory",
        method: Method::Induction(2),
        covers: 44,
        quick: true,
        property: property!("answer"),
        block: |_| Box::new(Answer::<4>::new([0; IDENTITY_WORDS])),
        cut: &[],
        fault: ("asks <= ~(((asked | comes) | counted) | some_bytes)", "asks <= 1'b1"),
        numbers: &[("OF_MEMORY", kind::MEMORY as usize)],
    },
    Proof {
        name: "block-memory",
        claim: "block RAM as memory: each beat of each request moves once, in order; what was read stands still",
        method: Method::Induction(2),
        covers: 14,
        quick: true,
        property: property!("block_memory"),
        block: |_| Box::new(BlockMemory::<4>::new(64)),
        cut: &["ram"],
        fault: ("reserved < 3'd4", "reserved <= 3'd4"),
        numbers: &[],
    },
    Proof {
        name: "sdram",
        claim: "an SDRAM's times, rows, start and refreshes are kept; each half-word moves once, in its place",
        method: Method::Induction(2),
        covers: 110,
        quick: false,
        property: property!("sdram"),
        block: |_| Box::new(Sdram::<4>::new(&CHIP)),
        cut: &[],
        fault: ("wr == 8'd0", "1'b1"),
        numbers: &[
            ("STARTUP", CHIP.startup as usize),
            ("RCD", CHIP.rcd as usize),
            ("RP", CHIP.rp as usize),
            ("RAS", CHIP.ras as usize),
            ("WR", CHIP.wr as usize),
            ("RFC", CHIP.rfc as usize),
            ("CAS", CHIP.cas as usize),
            ("REFRESH", CHIP.refresh as usize),
            ("COLUMNS", CHIP.columns as usize),
        ],
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
        covers: 38,
        quick: true,
        property: property!("bus_registers"),
        block: |_| Box::new(Registers::new([0; IDENTITY_WORDS])),
        cut: &[],
        fault: ("if (overflow | (~steady))", "if (~steady)"),
        numbers: &[
            ("COMMAND_AT", at::COMMAND / REGISTER_BYTES),
            ("CONTROL_AT", at::CONTROL / REGISTER_BYTES),
            ("COMMANDS", COMMANDS as usize),
            ("HOLD", RESET_CYCLES),
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
