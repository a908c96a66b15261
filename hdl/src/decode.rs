//! The fields of a command word.
//!
//! ```text
//! word ──> [ part selects of tcpu_isa::layout ] ──> head, first addresses, waits, signals, parameters
//! ```
//!
//! A leaf block of wires, so that the field layout is written once, in `tcpu_isa::layout`.

use rust_hdl::prelude::*;
use tcpu_isa::layout::{self, commit, contract, dma, fetch, header, loops, sync, trfload, Field};
use tcpu_isa::Unit;

use crate::bundle;
use crate::types::U;
use crate::verilog::{part, signed, unsigned};

bundle! {
    /// A command word.
    pub struct Word {
        pub lo: U<64>,
        pub hi: U<64>,
    }
}

impl Word {
    /// The word as one number.
    pub fn value(self) -> u128 {
        u128::from(self.lo.value()) | u128::from(self.hi.value()) << 64
    }
}

impl From<u128> for Word {
    fn from(word: u128) -> Word {
        Word {
            lo: U::new(word as u64),
            hi: U::new((word >> 64) as u64),
        }
    }
}

bundle! {
    /// What every word says, and the level that a loop word sets.
    pub struct Head {
        pub exec: bool,
        pub level: U<4>,
        pub count: U<16>,
        pub stride_a: U<32>,
        pub stride_b: U<28>,
        /// First addresses of an exec.
        pub base_a: U<32>,
        pub base_b: U<28>,
    }
}

/// A set of units, a bit each: [`tcpu_isa::Units`].
pub type UnitSet = U<6>;

bundle! {
    /// Parameters of fetch and trfload.
    pub struct PacketParams {
        pub packet: U<6>,
        pub pack: U<6>,
        pub tail_level: U<4>,
        pub tail_bytes: U<6>,
        pub broadcast: bool,
    }
}

bundle! {
    /// Parameters of contract.
    pub struct ContractParams {
        pub splat: bool,
        pub skew: bool,
        pub depth: U<3>,
        pub hold: U<4>,
        pub reduce: U<8>,
        pub init: bool,
        pub emit: bool,
        pub lanes: U<5>,
        pub cols: U<6>,
        pub interleaved: bool,
        pub group: U<4>,
        pub radix: U<4>,
        pub nibbles: bool,
    }
}

bundle! {
    /// Parameters of commit.
    pub struct CommitParams {
        pub out: U<2>,
        pub mult: U<16>,
        pub shift: U<6>,
    }
}

bundle! {
    /// Parameters of load and store.
    pub struct DmaParams {
        pub bytes: U<16>,
        pub broadcast: bool,
    }
}

/// See the module's documentation.
#[derive(LogicBlock, Default)]
pub struct Decode {
    pub word: Signal<In, Word>,
    pub head: Signal<Out, Head>,
    pub waits: Signal<Out, UnitSet>,
    pub signals: Signal<Out, UnitSet>,
    pub packets: Signal<Out, PacketParams>,
    pub contract: Signal<Out, ContractParams>,
    pub commit: Signal<Out, CommitParams>,
    pub dma: Signal<Out, DmaParams>,
    _seen: Option<u128>,
}

impl Logic for Decode {
    fn update(&mut self) {
        let word = self.word.val().value();
        if self._seen == Some(word) {
            return;
        }
        self._seen = Some(word);
        let flag = |field: Field| field.get(word) == 1;
        self.head.next = Head {
            exec: header::OP.get(word) == layout::OP_EXEC,
            level: get(header::LEVEL, word),
            count: get(loops::COUNT, word),
            stride_a: U::new(loops::STRIDE_A.get_signed(word) as u64),
            stride_b: U::new(loops::STRIDE_B.get_signed(word) as u64),
            base_a: base_a(word),
            base_b: base_b(word),
        };
        self.waits.next = get(sync::WAIT, word);
        self.signals.next = get(sync::SIGNAL, word);
        self.packets.next = PacketParams {
            packet: get(fetch::PACKET, word),
            pack: get(fetch::PACK, word),
            tail_level: get(fetch::TAIL_LEVEL, word),
            tail_bytes: get(fetch::TAIL_BYTES, word),
            broadcast: flag(trfload::BROADCAST),
        };
        self.contract.next = ContractParams {
            splat: flag(contract::SPLAT),
            skew: flag(contract::SKEW),
            depth: get(contract::DEPTH, word),
            hold: get(contract::HOLD, word),
            reduce: get(contract::REDUCE, word),
            init: flag(contract::INIT),
            emit: flag(contract::EMIT),
            lanes: get(contract::LANES, word),
            cols: get(contract::COLS, word),
            interleaved: flag(contract::ORDER),
            group: get(contract::GROUP, word),
            radix: get(contract::RADIX, word),
            nibbles: flag(contract::NIBBLES),
        };
        self.commit.next = CommitParams {
            out: get(commit::OUT, word),
            mult: get(commit::MULT, word),
            shift: get(commit::SHIFT, word),
        };
        self.dma.next = DmaParams {
            bytes: get(dma::BYTES, word),
            broadcast: flag(dma::BROADCAST),
        };
    }

    fn connect(&mut self) {
        self.head.connect();
        self.waits.connect();
        self.signals.connect();
        self.packets.connect();
        self.contract.connect();
        self.commit.connect();
        self.dma.connect();
    }

    fn hdl(&self) -> Verilog {
        let outputs = [
            (
                "head",
                vec![
                    format!(
                        "{} == {}'d{}",
                        part("word", header::OP),
                        header::OP.width,
                        layout::OP_EXEC
                    ),
                    unsigned("word", header::LEVEL, 4),
                    unsigned("word", loops::COUNT, 16),
                    signed("word", loops::STRIDE_A, 32),
                    signed("word", loops::STRIDE_B, 28),
                    by_unit(
                        32,
                        [
                            fetch::BASE,
                            contract::TRF,
                            commit::BASE,
                            fetch::BASE,
                            dma::EXT,
                            dma::EXT,
                        ]
                        .map(Some),
                    ),
                    by_unit(
                        28,
                        [
                            None,
                            Some(contract::SLOT),
                            None,
                            Some(trfload::TRF),
                            Some(dma::DM),
                            Some(dma::DM),
                        ],
                    ),
                ],
            ),
            ("waits", vec![word(sync::WAIT)]),
            ("signals", vec![word(sync::SIGNAL)]),
            (
                "packets",
                [
                    fetch::PACKET,
                    fetch::PACK,
                    fetch::TAIL_LEVEL,
                    fetch::TAIL_BYTES,
                    trfload::BROADCAST,
                ]
                .map(word)
                .to_vec(),
            ),
            (
                "contract",
                [
                    contract::SPLAT,
                    contract::SKEW,
                    contract::DEPTH,
                    contract::HOLD,
                    contract::REDUCE,
                    contract::INIT,
                    contract::EMIT,
                    contract::LANES,
                    contract::COLS,
                    contract::ORDER,
                    contract::GROUP,
                    contract::RADIX,
                    contract::NIBBLES,
                ]
                .map(word)
                .to_vec(),
            ),
            (
                "commit",
                [commit::OUT, commit::MULT, commit::SHIFT]
                    .map(word)
                    .to_vec(),
            ),
            ("dma", [dma::BYTES, dma::BROADCAST].map(word).to_vec()),
        ];
        let mut text = "wire unused_bits = &{1'b0, word};\n".to_string();
        for (output, mut fields) in outputs {
            fields.reverse();
            text.push_str(&format!(
                "assign {output} = {{\n    {}\n}};\n",
                fields.join(",\n    ")
            ));
        }
        Verilog::Custom(text)
    }
}

fn get<const N: usize>(field: Field, word: u128) -> U<N> {
    U::new(field.get(word))
}

fn unit(word: u128) -> Option<Unit> {
    Unit::ALL.get(header::UNIT.get(word) as usize).copied()
}

/// First address in the unit's first address space.
fn base_a(word: u128) -> U<32> {
    match unit(word) {
        Some(Unit::Fetch | Unit::TrfLoad) => get(fetch::BASE, word),
        Some(Unit::Contract) => get(contract::TRF, word),
        Some(Unit::Commit) => get(commit::BASE, word),
        Some(Unit::Load | Unit::Store) => get(dma::EXT, word),
        None => U::default(),
    }
}

/// First address in the unit's second address space.
fn base_b(word: u128) -> U<28> {
    match unit(word) {
        Some(Unit::TrfLoad) => get(trfload::TRF, word),
        Some(Unit::Contract) => get(contract::SLOT, word),
        Some(Unit::Load | Unit::Store) => get(dma::DM, word),
        _ => U::default(),
    }
}

/// The field's bits of the word, in Verilog.
fn word(field: Field) -> String {
    part("word", field)
}

/// A first address in Verilog: each unit's own field, widened.
fn by_unit(width: usize, fields: [Option<Field>; 6]) -> String {
    let mut text = String::new();
    for (unit, field) in fields.into_iter().enumerate() {
        if let Some(field) = field {
            let value = unsigned("word", field, width);
            text.push_str(&format!(
                "({} == 4'd{unit}) ? {value} : ",
                word(header::UNIT)
            ));
        }
    }
    format!("({text}{width}'d0)")
}
