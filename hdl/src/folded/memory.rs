//! The folded machine's memories: leaf blocks.
//!
//! ```text
//! read_at ──> [ words of block RAM ] ──> value        at ──> [ rows of SPRAM ] ──> row
//! write_at, data ────^                               data, strb ──^
//! ```
//!
//! Both show what was read in the cycle after, until the next read.

use rust_hdl::prelude::*;
use tcpu_micro::memory::{BYTES, FLIT};

use crate::types::U;
use crate::verilog::log2;

/// Words of block RAM: one is read, one is written per cycle. Reading the word that is being written gives nothing
/// that means something. Before the first read, it shows nothing that means something, either: a block RAM cannot begin
/// with a value. A address bits, W bits of a word.
#[derive(LogicBlock)]
pub struct Memory<const A: usize, const W: usize> {
    pub clock: Signal<In, Clock>,
    pub read: Signal<In, bool>,
    pub read_at: Signal<In, U<A>>,
    pub value: Signal<Out, U<W>>,
    pub write: Signal<In, bool>,
    pub write_at: Signal<In, U<A>>,
    pub data: Signal<In, U<W>>,
    _words: Vec<U<W>>,
}

impl<const A: usize, const W: usize> Memory<A, W> {
    /// A memory with these words when power comes; the others are zero.
    pub fn new(words: impl IntoIterator<Item = u64>) -> Self {
        let mut words: Vec<U<W>> = words.into_iter().map(U::new).collect();
        words.resize(1 << A, U::default());
        Memory {
            clock: Default::default(),
            read: Default::default(),
            read_at: Default::default(),
            value: Default::default(),
            write: Default::default(),
            write_at: Default::default(),
            data: Default::default(),
            _words: words,
        }
    }

    /// What it holds now.
    pub fn words(&self) -> &[U<W>] {
        &self._words
    }
}

impl<const A: usize, const W: usize> Logic for Memory<A, W> {
    fn update(&mut self) {
        if !self.clock.pos_edge() {
            return;
        }
        if self.read.val() {
            self.value.next = self._words[self.read_at.val().value() as usize];
        }
        if self.write.val() {
            self._words[self.write_at.val().value() as usize] = self.data.val();
        }
    }

    fn connect(&mut self) {
        self.value.connect();
    }

    fn hdl(&self) -> Verilog {
        let words = self._words.len();
        let given = self._words.iter().enumerate();
        let given = given.filter(|(_, word)| word.any());
        let given = given.map(|(i, word)| format!("    held[{i}] = {W}'h{:x};\n", word.value()));
        let given: String = given.collect();
        Verilog::Custom(format!(
            "\
(* ram_style = \"block\", no_rw_check *)
reg [{top}:0] held [0:{last}];
reg [{top}:0] out;
integer i;
initial begin
    for (i = 0; i < {words}; i = i + 1) held[i] = {W}'d0;
{given}end
assign value = out;
always @(posedge clock) begin
    if (read) out <= held[read_at];
    if (write) held[write_at] <= data;
end
",
            top = W - 1,
            last = words - 1,
        ))
    }
}

/// The one large memory, see [`tcpu_micro::memory`]: rows of a flit with byte enables. A row is read or written per
/// cycle. What it holds when power comes is not known; in simulation, zeros.
#[derive(LogicBlock)]
pub struct Spram {
    pub clock: Signal<In, Clock>,
    pub at: Signal<In, U<14>>,
    pub read: Signal<In, bool>,
    pub row: Signal<Out, U<64>>,
    /// Not in a cycle with `read`.
    pub write: Signal<In, bool>,
    pub data: Signal<In, U<64>>,
    pub strb: Signal<In, U<8>>,
    _bytes: Vec<u8>,
}

impl Default for Spram {
    fn default() -> Self {
        Spram {
            clock: Default::default(),
            at: Default::default(),
            read: Default::default(),
            row: Default::default(),
            write: Default::default(),
            data: Default::default(),
            strb: Default::default(),
            _bytes: vec![0; BYTES],
        }
    }
}

impl Spram {
    /// What it holds now.
    pub fn bytes(&self) -> &[u8] {
        &self._bytes
    }
}

impl Logic for Spram {
    fn update(&mut self) {
        if !self.clock.pos_edge() {
            return;
        }
        let row = &mut self._bytes[self.at.val().value() as usize * FLIT..][..FLIT];
        if self.write.val() {
            let (data, strb) = (self.data.val().value().to_le_bytes(), self.strb.val());
            for (i, byte) in row.iter_mut().enumerate() {
                if strb.get_bit(i) {
                    *byte = data[i];
                }
            }
        } else if self.read.val() {
            let shown = row
                .iter()
                .rev()
                .fold(0, |all, byte| all << 8 | u64::from(*byte));
            self.row.next = U::new(shown);
        }
    }

    fn connect(&mut self) {
        self.row.connect();
    }

    fn hdl(&self) -> Verilog {
        let rows = BYTES / FLIT;
        let mut text = format!(
            "\
(* ram_style = \"huge\", no_rw_check *)
reg [{top}:0] rows [0:{last}];
reg [{top}:0] out;
assign row = out;
always @(posedge clock) begin
    if (write) begin
",
            top = 8 * FLIT - 1,
            last = rows - 1,
        );
        assert_eq!(log2(rows), 14, "the address has as many bits as it needs");
        for i in 0..FLIT {
            let byte = format!("{}:{}", 8 * i + 7, 8 * i);
            text.push_str(&format!(
                "        if (strb[{i}]) rows[at][{byte}] <= data[{byte}];\n"
            ));
        }
        text.push_str("    end else if (read) out <= rows[at];\nend\n");
        Verilog::Custom(text)
    }
}
