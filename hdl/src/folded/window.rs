//! Packets between the memory and the flit.
//!
//! ```text
//!                               ┌────────────── A, flit, a received byte ──────────┐
//! at, offset ──> row, mask ──> [ memory ] ──row──> turner ──under a mask──> [ flit ]
//!    ^─ next packet ─┘             ^───────────────────┘
//! ```
//!
//! A row is read or written per cycle: a packet takes a cycle, or two if it goes on in the row behind. What was read
//! goes into the flit in the cycle after. A byte of the line is written when no row is on its way into the flit; until
//! then, no other row is read.

use rust_hdl::prelude::*;
use tcpu_micro::memory::{DM_BYTES, FLIT, OWN};
use tcpu_micro::op::Out as Port;

use super::memory::Spram;
use super::port;
use crate::types::{ToBits, U};

/// See the module's documentation.
#[derive(LogicBlock)]
pub struct Window {
    pub clock: Signal<In, Clock>,
    /// A port takes A. Those that this block has, only while it is not busy.
    pub take: Signal<In, bool>,
    pub port: Signal<In, U<5>>,
    pub a: Signal<In, U<32>>,
    /// The line brings a byte: not more often than every eight cycles.
    pub came: Signal<In, bool>,
    pub value: Signal<In, U<8>>,
    pub broken: Signal<In, bool>,
    /// Entries that the line has put into its ring.
    pub received: Signal<Out, U<11>>,
    pub flit: Signal<Out, U<64>>,
    pub at: Signal<Out, U<17>>,
    /// The flit is one of a step in the next cycle.
    pub step: Signal<Out, bool>,
    pub busy: Signal<Out, bool>,
    pub memory: Spram,
    flit_low: Constant<U<5>>,
    flit_high: Constant<U<5>>,
    bytes_port: Constant<U<5>>,
    limit_port: Constant<U<5>>,
    offset_port: Constant<U<5>>,
    at_port: Constant<U<5>>,
    stride_port: Constant<U<5>>,
    pack_port: Constant<U<5>>,
    gather: Constant<U<5>>,
    read: Constant<U<5>>,
    write: Constant<U<5>>,
    hold: Constant<U<5>>,
    stream: Constant<U<5>>,
    region: Constant<U<17>>,
    own: Constant<U<14>>,
    turn: [Constant<U<6>>; 3],
    back: [Constant<U<6>>; 3],
    half: Constant<U<6>>,
    quarter: Constant<U<6>>,
    // What the window is set to.
    bytes: DFF<U<4>>,
    limit: DFF<U<4>>,
    offset: DFF<U<3>>,
    place: DFF<U<17>>,
    stride: DFF<U<15>>,
    pack: DFF<U<4>>,
    /// Packets, steps or writes that are left; packets of the flit that is being made.
    left: DFF<U<16>>,
    packs: DFF<U<4>>,
    streams: DFF<bool>,
    holds: DFF<bool>,
    writes: DFF<bool>,
    /// The packet's second row comes.
    second: DFF<bool>,
    // What goes into the flit in this cycle.
    valid: DFF<bool>,
    closes: DFF<bool>,
    from_a: DFF<bool>,
    turned: DFF<U<3>>,
    takes: DFF<U<8>>,
    keeps: DFF<U<8>>,
    content: DFF<U<64>>,
    // A byte of the line that waits, and where it goes.
    waits: DFF<bool>,
    entry: DFF<U<9>>,
    entries: DFF<U<11>>,
    active: Signal<Local, bool>,
    stores: Signal<Local, bool>,
    low: Signal<Local, U<4>>,
    first: Signal<Local, U<3>>,
    base: Signal<Local, U<4>>,
    ends: Signal<Local, U<4>>,
    reach: Signal<Local, U<4>>,
    split: Signal<Local, U<4>>,
    crosses: Signal<Local, bool>,
    done: Signal<Local, bool>,
    full: Signal<Local, bool>,
    from: Signal<Local, U<4>>,
    to: Signal<Local, U<4>>,
    mask: Signal<Local, U<8>>,
    counts: Signal<Local, U<8>>,
    low_row: Signal<Local, U<13>>,
    row: Signal<Local, U<14>>,
    further: Signal<Local, U<15>>,
    behind: Signal<Local, U<17>>,
    lands: Signal<Local, bool>,
    entry_row: Signal<Local, U<14>>,
    entry_mask: Signal<Local, U<8>>,
    wide_a: Signal<Local, U<64>>,
    wide_entry: Signal<Local, U<64>>,
    turns: Signal<Local, U<3>>,
    source: Signal<Local, U<64>>,
    shown: Signal<Local, U<64>>,
    wide_takes: Signal<Local, U<64>>,
    wide_keeps: Signal<Local, U<64>>,
    wide_value: Signal<Local, U<9>>,
    moves_one: Signal<Local, bool>,
    moves_more: Signal<Local, bool>,
    starts: Signal<Local, bool>,
}

impl Default for Window {
    fn default() -> Self {
        let bits = |bytes: usize| Constant::new(U::new(8 * bytes as u64));
        Window {
            clock: Default::default(),
            take: Default::default(),
            port: Default::default(),
            a: Default::default(),
            came: Default::default(),
            value: Default::default(),
            broken: Default::default(),
            received: Default::default(),
            flit: Default::default(),
            at: Default::default(),
            step: Default::default(),
            busy: Default::default(),
            memory: Default::default(),
            flit_low: port(Port::FlitLow),
            flit_high: port(Port::FlitHigh),
            bytes_port: port(Port::Bytes),
            limit_port: port(Port::Limit),
            offset_port: port(Port::Offset),
            at_port: port(Port::At),
            stride_port: port(Port::Stride),
            pack_port: port(Port::Pack),
            gather: port(Port::Gather),
            read: port(Port::Read),
            write: port(Port::Write),
            hold: port(Port::Hold),
            stream: port(Port::Stream),
            region: Constant::new(U::new(!(DM_BYTES as u64 - 1))),
            own: Constant::new(U::new(OWN as u64 / FLIT as u64)),
            turn: std::array::from_fn(|i| bits(1 << i)),
            back: std::array::from_fn(|i| bits(FLIT - (1 << i))),
            half: bits(4),
            quarter: bits(2),
            bytes: Default::default(),
            limit: Default::default(),
            offset: Default::default(),
            place: Default::default(),
            stride: Default::default(),
            pack: Default::default(),
            left: Default::default(),
            packs: Default::default(),
            streams: Default::default(),
            holds: Default::default(),
            writes: Default::default(),
            second: Default::default(),
            valid: Default::default(),
            closes: Default::default(),
            from_a: Default::default(),
            turned: Default::default(),
            takes: Default::default(),
            keeps: Default::default(),
            content: Default::default(),
            waits: Default::default(),
            entry: Default::default(),
            entries: Default::default(),
            active: Default::default(),
            stores: Default::default(),
            low: Default::default(),
            first: Default::default(),
            base: Default::default(),
            ends: Default::default(),
            reach: Default::default(),
            split: Default::default(),
            crosses: Default::default(),
            done: Default::default(),
            full: Default::default(),
            from: Default::default(),
            to: Default::default(),
            mask: Default::default(),
            counts: Default::default(),
            low_row: Default::default(),
            row: Default::default(),
            further: Default::default(),
            behind: Default::default(),
            lands: Default::default(),
            entry_row: Default::default(),
            entry_mask: Default::default(),
            wide_a: Default::default(),
            wide_entry: Default::default(),
            turns: Default::default(),
            source: Default::default(),
            shown: Default::default(),
            wide_takes: Default::default(),
            wide_keeps: Default::default(),
            wide_value: Default::default(),
            moves_one: Default::default(),
            moves_more: Default::default(),
            starts: Default::default(),
        }
    }
}

impl Logic for Window {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, bytes, limit, offset, place, stride, pack, left, packs, streams, holds,
            writes, second, valid, closes, from_a, turned, takes, keeps, content, waits, entry,
            entries
        );
        self.memory.clock.next = self.clock.val();

        // a row: which, and which of its bytes, counted in the flit; or, if they are written, in the row
        self.active.next = self.left.q.val().any() && (!self.waits.q.val());
        self.stores.next = self.active.val() && self.writes.q.val();
        self.low.next = self.place.q.val().get_bits::<3>(0).to_bits();
        self.first.next = self.offset.q.val();
        if self.streams.q.val() && (self.packs.q.val() == 0.into()) {
            self.first.next = 0.into();
        }
        self.base.next = self.first.val().to_bits();
        if self.writes.q.val() {
            self.base.next = self.low.val();
        }
        self.ends.next = self.base.val() + self.bytes.q.val();
        self.reach.next = self.low.val() + self.bytes.q.val();
        self.split.next = (self.base.val() - self.low.val()) ^ 8.into();
        self.crosses.next = (self.reach.val() > 8.into()) && (!self.holds.q.val());
        self.done.next = self.active.val() && ((!self.crosses.val()) || self.second.q.val());
        self.full.next = (self.packs.q.val() + 1.into()) == self.pack.q.val();
        self.from.next = self.base.val();
        self.to.next = self.ends.val();
        if self.second.q.val() {
            self.from.next = self.split.val();
        } else if self.crosses.val() && (!self.writes.q.val()) {
            self.to.next = self.split.val();
        }
        if self.second.q.val() && self.writes.q.val() {
            self.from.next = 0.into();
            self.to.next = self.ends.val() & 7.into();
        }
        self.mask.next = 0.into();
        self.counts.next = 0.into();
        for i in 0..8 {
            self.mask.next = self.mask.val().replace_bit(
                i,
                (self.to.val() > i.into()) && (!(self.from.val() > i.into())),
            );
            self.counts.next = self
                .counts
                .val()
                .replace_bit(i, self.limit.q.val() > i.into());
        }
        self.low_row.next = self.place.q.val().get_bits::<12>(3).to_bits();
        if self.second.q.val() {
            self.low_row.next = self.low_row.val() + 1.into();
        }
        // External memory is two of the other regions.
        self.row.next = self.place.q.val().get_bits::<14>(3);
        for i in 0..12 {
            self.row.next = self.row.val().replace_bit(i, self.low_row.val().get_bit(i));
        }
        if self.place.q.val().get_bit(16) && self.low_row.val().get_bit(12) {
            self.row.next = self
                .row
                .val()
                .replace_bit(12, !self.place.q.val().get_bit(15));
        }

        // the next packet
        self.further.next = self.place.q.val().get_bits::<15>(0) + self.stride.q.val();
        self.behind.next = self.further.val().to_bits();
        self.behind.next = self.behind.val() | (self.place.q.val() & self.region.val());
        if self.active.val() {
            self.second.d.next = self.crosses.val() && (!self.second.q.val());
        }
        if self.done.val() {
            if (!self.streams.q.val()) || self.full.val() {
                self.left.d.next = self.left.q.val() - 1.into();
                self.packs.d.next = 0.into();
            } else {
                self.packs.d.next = self.packs.q.val() + 1.into();
            }
            if (!self.writes.q.val()) && (!self.holds.q.val()) {
                self.place.d.next = self.behind.val();
                self.offset.d.next = self.ends.val().get_bits::<3>(0);
            }
        }

        // what goes into the flit in the next cycle
        self.valid.d.next = self.active.val() && (!self.writes.q.val());
        self.closes.d.next =
            self.done.val() && (self.holds.q.val() || (self.streams.q.val() && self.full.val()));
        self.from_a.d.next = false;
        self.turned.d.next = self.place.q.val().get_bits::<3>(0) - self.first.val();
        self.takes.d.next = self.mask.val() & self.counts.val();
        self.keeps.d.next = self.counts.val() & (!self.mask.val());
        if (!self.second.q.val()) && (self.first.val() == 0.into()) {
            self.keeps.d.next = 0.into();
        }
        if self.holds.q.val() {
            self.takes.d.next = 0.into();
            self.keeps.d.next = 255.into();
        }

        // a byte of the line
        self.wide_value.next = self.value.val().to_bits();
        if self.came.val() {
            self.waits.d.next = true;
            self.entry.d.next = self.wide_value.val().replace_bit(8, self.broken.val());
        }
        self.lands.next = self.waits.q.val() && (!self.valid.q.val());
        if self.lands.val() {
            self.waits.d.next = false;
            self.entries.d.next = self.entries.q.val() + 1.into();
        }
        self.entry_row.next = self.entries.q.val().get_bits::<9>(2).to_bits();
        self.entry_mask.next = 0.into();
        for i in 0..4 {
            if self.entries.q.val().get_bits::<2>(0) == i.into() {
                self.entry_mask.next = self.entry_mask.val().replace_bit(2 * i, true);
                self.entry_mask.next = self.entry_mask.val().replace_bit(2 * i + 1, true);
            }
        }
        self.received.next = self.entries.q.val();

        // the memory
        self.memory.read.next =
            self.active.val() && (!self.writes.q.val()) && (!self.holds.q.val());
        self.memory.write.next = self.stores.val() || self.lands.val();
        self.memory.at.next = self.row.val();
        self.memory.strb.next = self.mask.val();
        if self.waits.q.val() {
            self.memory.at.next = self.entry_row.val() | self.own.val();
            self.memory.strb.next = self.entry_mask.val();
        }

        // the turner
        self.wide_a.next = self.a.val().to_bits();
        self.wide_entry.next = self.entry.q.val().to_bits();
        self.source.next = self.content.q.val();
        self.turns.next = 0.into();
        self.turns.next = self.turns.val() - self.place.q.val().get_bits::<3>(0);
        if self.waits.q.val() {
            self.source.next = self.wide_entry.val()
                | (self.wide_entry.val() << self.quarter.val())
                | (self.wide_entry.val() << self.half.val())
                | ((self.wide_entry.val() << self.half.val()) << self.quarter.val());
            self.turns.next = 0.into();
        }
        if self.valid.q.val() {
            self.source.next = self.memory.row.val();
            if self.from_a.q.val() {
                self.source.next = self.wide_a.val() | (self.wide_a.val() << self.half.val());
            }
            self.turns.next = self.turned.q.val();
        }
        self.shown.next = self.source.val();
        for i in 0..3 {
            if self.turns.val().get_bit(i) {
                self.shown.next = (self.shown.val() >> self.turn[i].val())
                    | (self.shown.val() << self.back[i].val());
            }
        }
        self.memory.data.next = self.shown.val();
        self.wide_takes.next = 0.into();
        self.wide_keeps.next = 0.into();
        for i in 0..8 {
            for j in 0..8 {
                self.wide_takes.next = self
                    .wide_takes
                    .val()
                    .replace_bit(8 * i + j, self.takes.q.val().get_bit(i));
                self.wide_keeps.next = self
                    .wide_keeps
                    .val()
                    .replace_bit(8 * i + j, self.keeps.q.val().get_bit(i));
            }
        }
        if self.valid.q.val() {
            self.content.d.next = (self.shown.val() & self.wide_takes.val())
                | (self.content.q.val() & self.wide_keeps.val());
        }

        // ports
        self.moves_one.next =
            (self.port.val() == self.read.val()) || (self.port.val() == self.write.val());
        self.moves_more.next = (self.port.val() == self.gather.val())
            || (self.port.val() == self.hold.val())
            || (self.port.val() == self.stream.val());
        self.starts.next = self.take.val() && (self.moves_one.val() || self.moves_more.val());
        if self.take.val() {
            if self.port.val() == self.flit_low.val() {
                self.valid.d.next = true;
                self.from_a.d.next = true;
                self.turned.d.next = 0.into();
                self.takes.d.next = 15.into();
                self.keeps.d.next = 240.into();
            }
            if self.port.val() == self.flit_high.val() {
                self.valid.d.next = true;
                self.from_a.d.next = true;
                self.turned.d.next = 0.into();
                self.takes.d.next = 240.into();
                self.keeps.d.next = 15.into();
            }
            if self.port.val() == self.bytes_port.val() {
                self.bytes.d.next = self.a.val().get_bits::<4>(0);
            }
            if self.port.val() == self.limit_port.val() {
                self.limit.d.next = self.a.val().get_bits::<4>(0);
            }
            if self.port.val() == self.offset_port.val() {
                self.offset.d.next = self.a.val().get_bits::<3>(0);
            }
            if self.port.val() == self.stride_port.val() {
                self.stride.d.next = self.a.val().get_bits::<15>(0);
            }
            if self.port.val() == self.pack_port.val() {
                self.pack.d.next = self.a.val().get_bits::<4>(0);
            }
            if self.port.val() == self.at_port.val() {
                self.place.d.next = self.a.val().get_bits::<17>(0);
            }
            if self.moves_one.val() {
                self.place.d.next = self.a.val().get_bits::<17>(0);
                self.left.d.next = 1.into();
            }
            if self.port.val() == self.read.val() {
                self.offset.d.next = 0.into();
            }
            if self.moves_more.val() {
                self.left.d.next = self.a.val().get_bits::<16>(0);
            }
        }
        if self.starts.val() {
            self.streams.d.next = self.port.val() == self.stream.val();
            self.holds.d.next = self.port.val() == self.hold.val();
            self.writes.d.next = self.port.val() == self.write.val();
        }
        self.flit.next = self.content.q.val();
        self.at.next = self.place.q.val();
        self.step.next = self.closes.q.val();
        self.busy.next = self.left.q.val().any() || self.valid.q.val();
    }
}
