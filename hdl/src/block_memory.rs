//! Block RAM behind the memory port, for boards without another memory.
//!
//! ```text
//! requests ──> [ FIFO ] ──> current ──> row ──┐
//! w_data, w_strb ─────────────────────────> [ RAM ] ──> [ FIFO ] ──> r_data
//! ```
//!
//! A beat moves in every cycle, in the order of the requests. Addresses wrap at the end of the memory.

use rust_hdl::prelude::*;

use crate::fifo::Fifo;
use crate::sdram::Transfer;
use crate::types::{Flits, U};
use crate::verilog::log2;

/// Requests that wait; beats that were read and wait or are on their way.
const REQUESTS: usize = 8;
const BEATS: usize = 4;

/// Rows of a flit each, with byte enables: a leaf block. One row is read or written per cycle.
#[derive(LogicBlock)]
pub struct Ram<const F: usize> {
    pub clock: Signal<In, Clock>,
    /// Byte address, modulo the size; its row counts.
    pub at: Signal<In, U<32>>,
    pub write: Signal<In, bool>,
    pub data: Signal<In, Flits<1, F>>,
    pub strb: Signal<In, U<32>>,
    /// The row is there in the next cycle, and stays until the next read.
    pub read: Signal<In, bool>,
    pub row: Signal<Out, Flits<1, F>>,
    _rows: Vec<[i8; F]>,
}

impl<const F: usize> Ram<F> {
    /// A memory of this many bytes, a power of two and at least two rows, all zero.
    pub fn new(bytes: usize) -> Self {
        Ram {
            clock: Default::default(),
            at: Default::default(),
            write: Default::default(),
            data: Default::default(),
            strb: Default::default(),
            read: Default::default(),
            row: Default::default(),
            _rows: vec![[0; F]; bytes / F],
        }
    }
}

impl<const F: usize> Logic for Ram<F> {
    fn update(&mut self) {
        if !self.clock.pos_edge() {
            return;
        }
        let row = self.at.val().value() as usize / F % self._rows.len();
        if self.read.val() {
            self.row.next = Flits([self._rows[row]]);
        }
        if self.write.val() {
            let (data, strb) = (self.data.val().0[0], self.strb.val().value());
            for (i, byte) in self._rows[row].iter_mut().enumerate() {
                if strb >> i & 1 == 1 {
                    *byte = data[i];
                }
            }
        }
    }

    fn connect(&mut self) {
        self.row.connect();
    }

    /// The Verilog does not say what the rows begin as (zero, in the FPGAs that have a bitstream): Yosys takes minutes for
    /// an initial value for each of some ten thousand.
    fn hdl(&self) -> Verilog {
        let rows = self._rows.len();
        let mut text = format!(
            "\
wire [{top}:0] number = at[{low} +: {bits}];
wire unused_bits = &{{1'b0, at, strb}};
(* ram_style = \"block\", no_rw_check *)
reg [{width}-1:0] rows [0:{last}];
reg [{width}-1:0] out;
initial out = {width}'d0;
assign row = out;
always @(posedge clock) begin
    if (read) out <= rows[number];
",
            top = log2(rows) - 1,
            low = log2(F),
            bits = log2(rows),
            width = F * 8,
            last = rows - 1,
        );
        for i in 0..F {
            let byte = format!("{}:{}", i * 8 + 7, i * 8);
            text.push_str(&format!(
                "    if (write & strb[{i}]) rows[number][{byte}] <= data[{byte}];\n"
            ));
        }
        text.push_str("end\n");
        Verilog::Custom(text)
    }
}

/// See the module's documentation. An idle memory answers a read four cycles after its request.
#[derive(LogicBlock)]
pub struct BlockMemory<const F: usize> {
    pub clock: Signal<In, Clock>,
    pub req_valid: Signal<In, bool>,
    pub req_ready: Signal<Out, bool>,
    pub req_write: Signal<In, bool>,
    pub req_addr: Signal<In, U<32>>,
    pub req_beats: Signal<In, U<5>>,
    pub w_valid: Signal<In, bool>,
    pub w_ready: Signal<Out, bool>,
    pub w_data: Signal<In, Flits<1, F>>,
    pub w_strb: Signal<In, U<32>>,
    pub r_valid: Signal<Out, bool>,
    pub r_ready: Signal<In, bool>,
    pub r_data: Signal<Out, Flits<1, F>>,
    requests: Fifo<Transfer>,
    beats: Fifo<Flits<1, F>>,
    ram: Ram<F>,
    flit: Constant<U<32>>,
    room: Constant<U<3>>,
    // The request that is served: where it is, beats that are left of it.
    busy: DFF<bool>,
    write: DFF<bool>,
    at: DFF<U<32>>,
    left: DFF<U<5>>,
    /// Beats that were read and not taken yet; the last cycle read one.
    reserved: DFF<U<3>>,
    came: DFF<bool>,
    writes: Signal<Local, bool>,
    reads: Signal<Local, bool>,
    ends: Signal<Local, bool>,
    takes: Signal<Local, bool>,
    pops: Signal<Local, bool>,
}

impl<const F: usize> BlockMemory<F> {
    /// A memory of this many bytes, a power of two and at least two beats, all zero.
    pub fn new(bytes: usize) -> Self {
        BlockMemory {
            clock: Default::default(),
            req_valid: Default::default(),
            req_ready: Default::default(),
            req_write: Default::default(),
            req_addr: Default::default(),
            req_beats: Default::default(),
            w_valid: Default::default(),
            w_ready: Default::default(),
            w_data: Default::default(),
            w_strb: Default::default(),
            r_valid: Default::default(),
            r_ready: Default::default(),
            r_data: Default::default(),
            requests: Fifo::new(REQUESTS),
            beats: Fifo::new(BEATS),
            ram: Ram::new(bytes),
            flit: Constant::new(U::new(F as u64)),
            room: Constant::new(U::new(BEATS as u64)),
            busy: Default::default(),
            write: Default::default(),
            at: Default::default(),
            left: Default::default(),
            reserved: Default::default(),
            came: Default::default(),
            writes: Default::default(),
            reads: Default::default(),
            ends: Default::default(),
            takes: Default::default(),
            pops: Default::default(),
        }
    }
}

impl<const F: usize> Logic for BlockMemory<F> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, busy, write, at, left, reserved, came);
        self.requests.clock.next = self.clock.val();
        self.beats.clock.next = self.clock.val();
        self.ram.clock.next = self.clock.val();
        self.requests.reset.next = false;
        self.beats.reset.next = false;

        // requests
        self.req_ready.next = !self.requests.full.val();
        self.requests.write.next = self.req_valid.val() && (!self.requests.full.val());
        self.requests.data.next.write = self.req_write.val();
        self.requests.data.next.at = self.req_addr.val();
        self.requests.data.next.beats = self.req_beats.val();

        // a beat moves
        self.writes.next = self.busy.q.val() && self.write.q.val() && self.w_valid.val();
        self.reads.next =
            self.busy.q.val() && (!self.write.q.val()) && (self.reserved.q.val() < self.room.val());
        self.w_ready.next = self.writes.val();
        self.ram.at.next = self.at.q.val();
        self.ram.write.next = self.writes.val();
        self.ram.data.next = self.w_data.val();
        self.ram.strb.next = self.w_strb.val();
        self.ram.read.next = self.reads.val();
        if self.writes.val() || self.reads.val() {
            self.at.d.next = self.at.q.val() + self.flit.val();
            self.left.d.next = self.left.q.val() - 1.into();
        }

        // the next request
        self.ends.next = (self.writes.val() || self.reads.val()) && (self.left.q.val() == 1.into());
        self.takes.next = (!self.busy.q.val()) || self.ends.val();
        self.requests.pop.next = self.requests.valid.val() && self.takes.val();
        if self.takes.val() {
            self.busy.d.next = self.requests.valid.val();
            self.write.d.next = self.requests.head.val().write;
            self.at.d.next = self.requests.head.val().at;
            self.left.d.next = self.requests.head.val().beats;
        }

        // what was read
        self.came.d.next = self.reads.val();
        self.beats.write.next = self.came.q.val();
        self.beats.data.next = self.ram.row.val();
        self.pops.next = self.beats.valid.val() && self.r_ready.val();
        self.beats.pop.next = self.pops.val();
        self.r_valid.next = self.beats.valid.val();
        self.r_data.next = self.beats.head.val();
        if self.reads.val() && (!self.pops.val()) {
            self.reserved.d.next = self.reserved.q.val() + 1.into();
        }
        if self.pops.val() && (!self.reads.val()) {
            self.reserved.d.next = self.reserved.q.val() - 1.into();
        }
    }
}
