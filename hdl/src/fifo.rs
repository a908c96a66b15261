//! A first-in first-out queue with its head always in sight.
//!
//! ```text
//! write, data ──> [ depth words of LUT RAM ] ──> valid, head        pop takes the head
//! ```
//!
//! What is written in a cycle is the head, if the queue was empty, in the next. A leaf block: a memory. Whatever is at the
//! input goes to the next free word in every cycle, if there is one; that it is written only counts it: so who writes,
//! and when, reaches few registers. LUT RAM has 16 words at least: where the queue takes fewer, a full one has a free word,
//! too, and nobody asks whether there is one.
//!
//! The head is read out of LUT RAM, or, for those who have much to do with it in its cycle, is a register into which the
//! next word goes as the one before is popped: same cycles, more cells. Whether there is a word, or room, is a register.
//! Who needs no head in a register and pops late takes a queue of two words for a skid buffer: same cycles, and in a large
//! machine, where it is LUT RAM, a pop reaches a pointer instead of all bits. In a small one it is registers: LUT RAM is
//! twice as many tables, and Gowin has few places for it.

use rust_hdl::prelude::*;
use tcpu_isa::pipeline::SKID;

use crate::types::U;
use crate::verilog::{log2, next};

/// Bytes of a large machine's flits, at least: its parts are far from each other, so it has registers that a small one is
/// better without, and LUT RAM where a small one has registers.
pub(crate) const LARGE: usize = 16;

/// Words of LUT RAM that cost no more than one.
const LUT_RAM: usize = 16;

/// See the module's documentation. Writing when full, though the head is popped, and popping when not valid are errors
/// of the surrounding logic and stop a simulation.
#[derive(LogicBlock)]
pub struct Fifo<T: Synth> {
    pub clock: Signal<In, Clock>,
    /// Empties the queue; nothing is written in the same cycle.
    pub reset: Signal<In, bool>,
    pub write: Signal<In, bool>,
    pub data: Signal<In, T>,
    pub pop: Signal<In, bool>,
    pub valid: Signal<Out, bool>,
    pub full: Signal<Out, bool>,
    pub head: Signal<Out, T>,
    /// Words that are waiting.
    pub count: Signal<Out, U<16>>,
    // The memory keeps what was popped: an empty queue's head is what lies there, as in the Verilog.
    _words: Vec<T>,
    _depth: usize,
    _registered: bool,
    _parts: usize,
    /// Its words are registers.
    _logic: bool,
    _first: usize,
    _free: usize,
    _waiting: usize,
}

impl<T: Synth> Fifo<T> {
    /// A queue for `depth` words.
    pub fn new(depth: usize) -> Self {
        Fifo::with(depth, false)
    }

    /// A queue for `depth` words, at least two, whose head is a register.
    pub fn registered(depth: usize) -> Self {
        assert!(
            depth >= 2,
            "a queue whose head is a register has two words at least"
        );
        Fifo::with(depth, true)
    }

    /// A queue for words whose parts, of equal size, are at home in different corners of the device: each part's bits
    /// have a queue of their own, that does what the others do.
    pub fn in_parts(depth: usize, parts: usize) -> Self {
        Fifo {
            _parts: parts,
            ..Fifo::new(depth)
        }
    }

    /// A queue of two words, in place of a skid buffer, for a machine with flits of so many bytes.
    pub fn buffer(flit: usize) -> Self {
        match flit < LARGE {
            true => Fifo {
                _logic: true,
                _words: vec![T::default(); SKID],
                ..Fifo::new(SKID)
            },
            false => Fifo::new(SKID),
        }
    }

    /// The same for words with which much is to be done in their cycle.
    pub fn front(flit: usize) -> Self {
        match flit < LARGE {
            true => Fifo::buffer(flit),
            false => Fifo::registered(SKID),
        }
    }

    /// A queue for `depth` words with which much is to be done in their cycle, in a machine with flits of so many bytes.
    pub fn deep_front(depth: usize, flit: usize) -> Self {
        match flit < LARGE {
            true => Fifo::new(depth),
            false => Fifo::registered(depth),
        }
    }

    fn with(depth: usize, registered: bool) -> Self {
        let roomy = (depth + 1).next_power_of_two();
        let words = match roomy <= LUT_RAM {
            true => roomy,
            false => depth.next_power_of_two(),
        };
        Fifo {
            clock: Default::default(),
            reset: Default::default(),
            write: Default::default(),
            data: Default::default(),
            pop: Default::default(),
            valid: Default::default(),
            full: Default::default(),
            head: Default::default(),
            count: Default::default(),
            _words: vec![T::default(); words],
            _depth: depth,
            _registered: registered,
            _parts: 1,
            _logic: false,
            _first: 0,
            _free: 0,
            _waiting: 0,
        }
    }

    /// The Verilog of the queue of some bits of the words. All but the first are kept apart by synthesis, although they
    /// do the same.
    fn part(&self, part: usize, width: usize) -> String {
        let (depth, words) = (self._depth, self._words.len());
        let (address, count) = (log2(words).max(1), log2(depth) + 1);
        let bits = match width == T::BITS {
            true => String::new(),
            false => format!("[{} +: {width}]", part * width),
        };
        let (keep, n) = match part {
            0 => ("", String::new()),
            _ => ("(* keep *) ", format!("_{part}")),
        };
        let room = match words > depth {
            true => String::new(),
            false => format!("if (~all{n}) "),
        };
        let head = match self._registered {
            false => format!("assign head{bits} = words{n}[first{n}];"),
            true => format!(
                "\
reg [{top}:0] front{n};
reg [{address}-1:0] second{n};
initial begin
    front{n} = {width}'d0;
    second{n} = {address}'d1;
end
assign head{bits} = front{n};
{keep}always @(posedge clock) begin
    if (pop) second{n} <= {second};
    if (reset) second{n} <= {address}'d1;
end
always @(posedge clock)
    if (pop | ~some{n}) front{n} <= (|waiting{n}[{count}-1:1]) ? words{n}[second{n}] : data{bits};",
                top = width - 1,
                second = next(&format!("second{n}"), words),
            ),
        };
        format!(
            "\
(* ram_style = \"{style}\" *)
reg [{top}:0] words{n} [0:{last_word}];
reg [{address}-1:0] first{n};
reg [{address}-1:0] free{n};
reg [{count}-1:0] waiting{n};
reg some{n};
reg all{n};
initial begin
    first{n} = {address}'d0;
    free{n} = {address}'d0;
    waiting{n} = {count}'d0;
    some{n} = 1'b0;
    all{n} = 1'b0;
end
{head}
always @(posedge clock) {room}words{n}[free{n}] <= data{bits};
{keep}always @(posedge clock) begin
    if (write) free{n} <= {free};
    if (pop) first{n} <= {first};
    if (write & ~pop) waiting{n} <= waiting{n} + {count}'d1;
    if (pop & ~write) waiting{n} <= waiting{n} - {count}'d1;
    some{n} <= write | (some{n} & ~(pop & (waiting{n} == {count}'d1)));
    all{n} <= (all{n} & (write | ~pop)) | (write & ~pop & (waiting{n} == depth - {count}'d1));
    if (reset) begin
        first{n} <= {address}'d0;
        free{n} <= {address}'d0;
        waiting{n} <= {count}'d0;
        some{n} <= 1'b0;
        all{n} <= 1'b0;
    end
end
",
            style = if self._logic { "logic" } else { "distributed" },
            top = width - 1,
            last_word = words - 1,
            free = next(&format!("free{n}"), words),
            first = next(&format!("first{n}"), words),
        )
    }

    /// Takes and keeps a word at a clock edge.
    fn clocked(&mut self) {
        let (words, reset) = (self._words.len(), self.reset.val());
        // What the register takes: the word behind the head, or, if there is none, what is written.
        let behind = self._words[(self._first + 1) % words];
        let moves = self.pop.val() || self._waiting == 0;
        if self._registered && moves {
            self.head.next = if self._waiting > 1 {
                behind
            } else {
                self.data.val()
            };
        }
        let room = self._waiting < self._depth;
        if room || words > self._depth {
            self._words[self._free] = self.data.val();
        }
        assert!(
            reset || room || !self.write.val(),
            "a queue was written while full"
        );
        if self.write.val() {
            self._free = (self._free + 1) % words;
            self._waiting += 1;
        }
        if self.pop.val() {
            self._first = (self._first + 1) % words;
            let after = self._waiting.checked_sub(1 + usize::from(self.write.val()));
            assert!(reset || after.is_some(), "a queue was popped while empty");
            self._waiting = self._waiting.saturating_sub(1);
        }
        if reset {
            (self._first, self._free, self._waiting) = (0, 0, 0);
        }
    }
}

impl<T: Synth> Logic for Fifo<T> {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self.clocked();
            self.valid.next = self._waiting > 0;
            self.full.next = self._waiting >= self._depth;
            self.count.next = U::new(self._waiting as u64);
            if !self._registered {
                self.head.next = self._words[self._first];
            }
        }
    }

    fn connect(&mut self) {
        self.valid.connect();
        self.full.connect();
        self.head.connect();
        self.count.connect();
    }

    fn hdl(&self) -> Verilog {
        let width = T::BITS / self._parts;
        let count = log2(self._depth) + 1;
        let mut text = format!(
            "localparam [{count}-1:0] depth = {count}'d{};\n",
            self._depth
        );
        text.push_str(&self.part(0, width));
        text.push_str(&format!(
            "\
assign valid = some;
assign full = all;
assign count = {{{{16 - {count}{{1'b0}}}}, waiting}};
"
        ));
        for part in 1..self._parts {
            text.push_str(&self.part(part, width));
        }
        Verilog::Custom(text)
    }
}
