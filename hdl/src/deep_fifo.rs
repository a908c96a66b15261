//! A first-in first-out queue in block RAM.
//!
//! ```text
//! write, data ──> [ depth words of block RAM ] ──> [ its output ] ──> valid, head        pop takes the head
//! ```
//!
//! What is written in a cycle is the head, if the queue was empty, in the second one after (in a [`crate::fifo::Fifo`]
//! in the next). Then a word enters and one leaves in every cycle. Whether there is a word, in sight or behind that, and
//! whether there is room, are registers. A leaf block: a memory.

use rust_hdl::prelude::*;

use crate::types::U;
use crate::verilog::{log2, next};

/// See the module's documentation. Writing when full and popping when not valid are errors of the
/// surrounding logic and stop a simulation.
#[derive(LogicBlock)]
pub struct DeepFifo<T: Synth> {
    pub clock: Signal<In, Clock>,
    /// Empties the queue; nothing is written in the same cycle.
    pub reset: Signal<In, bool>,
    pub write: Signal<In, bool>,
    pub data: Signal<In, T>,
    pub pop: Signal<In, bool>,
    /// The head is in sight.
    pub valid: Signal<Out, bool>,
    pub head: Signal<Out, T>,
    /// Words that are waiting, in sight or not yet.
    pub count: Signal<Out, U<16>>,
    pub some: Signal<Out, bool>,
    pub full: Signal<Out, bool>,
    _words: Vec<T>,
    _first: usize,
    _free: usize,
    /// Words behind the head; the head is there.
    _unread: usize,
    _seen: bool,
}

impl<T: Synth> DeepFifo<T> {
    /// A queue for `depth` words, at least two.
    pub fn new(depth: usize) -> Self {
        assert!(depth >= 2, "a queue in block RAM has two words at least");
        DeepFifo {
            clock: Default::default(),
            reset: Default::default(),
            write: Default::default(),
            data: Default::default(),
            pop: Default::default(),
            valid: Default::default(),
            head: Default::default(),
            count: Default::default(),
            some: Default::default(),
            full: Default::default(),
            _words: vec![T::default(); depth],
            _first: 0,
            _free: 0,
            _unread: 0,
            _seen: false,
        }
    }

    /// Words that are waiting.
    fn waiting(&self) -> usize {
        self._unread + usize::from(self._seen)
    }

    /// Takes and shows a word at a clock edge.
    fn clocked(&mut self) {
        let (depth, reset) = (self._words.len(), self.reset.val());
        let (write, pop) = (self.write.val(), self.pop.val());
        assert!(
            reset || self._seen || !pop,
            "a queue was popped while empty"
        );
        let reads = self._unread > 0 && (pop || !self._seen);
        if reads {
            self.head.next = self._words[self._first];
            self._first = (self._first + 1) % depth;
            self._unread -= 1;
        }
        self._seen = reads || (self._seen && !pop);
        if write {
            self._words[self._free] = self.data.val();
            self._free = (self._free + 1) % depth;
            self._unread += 1;
        }
        assert!(
            reset || self.waiting() <= depth,
            "a queue was written while full"
        );
        if reset {
            (self._first, self._free, self._unread, self._seen) = (0, 0, 0, false);
        }
    }
}

impl<T: Synth> Logic for DeepFifo<T> {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self.clocked();
            self.valid.next = self._seen;
            self.count.next = U::new(self.waiting() as u64);
            self.some.next = self.waiting() > 0;
            self.full.next = self.waiting() >= self._words.len();
        }
    }

    fn connect(&mut self) {
        self.valid.connect();
        self.head.connect();
        self.count.connect();
        self.some.connect();
        self.full.connect();
    }

    fn hdl(&self) -> Verilog {
        let (depth, width) = (self._words.len(), T::BITS);
        let (address, count) = (log2(depth), log2(depth) + 1);
        Verilog::Custom(format!(
            "\
(* ram_style = \"block\", no_rw_check *)
reg [{top}:0] words [0:{last}];
reg [{top}:0] out;
reg [{address}-1:0] first;
reg [{address}-1:0] free;
reg [{count}-1:0] unread;
reg [{count}-1:0] waiting;
reg seen;
reg behind;
reg held;
reg all;
initial begin
    first = {address}'d0;
    free = {address}'d0;
    unread = {count}'d0;
    waiting = {count}'d0;
    seen = 1'b0;
    behind = 1'b0;
    held = 1'b0;
    all = 1'b0;
end
wire reads = behind & (pop | ~seen);
assign valid = seen;
assign head = out;
assign count = {{{{16 - {count}{{1'b0}}}}, waiting}};
assign some = held;
assign full = all;
always @(posedge clock) begin
    if (reads) begin
        out <= words[first];
        first <= {first};
    end
    if (write) begin
        words[free] <= data;
        free <= {free};
    end
    seen <= reads | (seen & ~pop);
    behind <= write | (behind & ~(reads & (unread == {count}'d1)));
    held <= write | (held & ~(pop & (waiting == {count}'d1)));
    all <= (all & (write | ~pop)) | (write & ~pop & (waiting == {count}'d{last}));
    if (write & ~reads) unread <= unread + {count}'d1;
    if (reads & ~write) unread <= unread - {count}'d1;
    if (write & ~pop) waiting <= waiting + {count}'d1;
    if (pop & ~write) waiting <= waiting - {count}'d1;
    if (reset) begin
        first <= {address}'d0;
        free <= {address}'d0;
        unread <= {count}'d0;
        waiting <= {count}'d0;
        seen <= 1'b0;
        behind <= 1'b0;
        held <= 1'b0;
        all <= 1'b0;
    end
end
",
            top = width - 1,
            last = depth - 1,
            free = next("free", depth),
            first = next("first", depth),
        ))
    }
}
