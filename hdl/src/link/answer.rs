//! Sends a response: its head, then what it carries.
//!
//! ```text
//! head (2 words) ──┐
//! status (4) ──────┤
//! identity (16) ───┼──> [ word ] ──> byte 0 ──┐
//! counter(select) ─┘                          ├──> [ skid ] ──> frame sender
//! memory ──> [ came ] ──> [ beat ] ──> byte 0 ┘
//! ```
//!
//! Words have 32 bits. Memory is read a beat at a time. A byte is given every other cycle: the line is slower by far, and
//! so a register says when a beat moves on, whose bits are all over the place.

use rust_hdl::prelude::*;
use tcpu_isa::counters::COUNTERS;
use tcpu_isa::link::IDENTITY_WORDS;

use crate::bundle;
use crate::link::bytes::FirstByte;
use crate::skid::Skid;
use crate::types::{Flits, ToBits, U};

/// What a response carries, by number.
pub mod kind {
    pub const STATUS: u64 = 0;
    pub const IDENTITY: u64 = 1;
    pub const COUNTERS: u64 = 2;
    pub const MEMORY: u64 = 3;
}

bundle! {
    /// A byte of a response, and: it is the last one.
    pub struct AnswerByte {
        pub value: U<8>,
        pub last: bool,
    }
}

/// See the module's documentation.
#[derive(LogicBlock)]
pub struct Answer<const F: usize> {
    pub clock: Signal<In, Clock>,
    /// Breaks off.
    pub reset: Signal<In, bool>,
    /// Begins a response; what follows is looked at while it is sent.
    pub start: Signal<In, bool>,
    pub head0: Signal<In, U<32>>,
    pub head1: Signal<In, U<32>>,
    pub kind: Signal<In, U<2>>,
    /// First byte address and beats, of memory.
    pub address: Signal<In, U<32>>,
    pub count: Signal<In, U<16>>,
    pub taken: Signal<In, U<32>>,
    pub buffered: Signal<In, U<16>>,
    pub fault_index: Signal<In, U<32>>,
    pub fault_code: Signal<In, U<8>>,
    pub select: Signal<Out, U<5>>,
    pub counter: Signal<In, U<32>>,
    /// To memory: a read of one beat is wanted, and its data.
    pub request: Signal<Out, bool>,
    pub request_at: Signal<Out, U<32>>,
    pub accepted: Signal<In, bool>,
    pub r_valid: Signal<In, bool>,
    pub r_data: Signal<In, Flits<1, F>>,
    pub r_ready: Signal<Out, bool>,
    /// To the frame sender.
    pub valid: Signal<Out, bool>,
    pub value: Signal<Out, U<8>>,
    pub last: Signal<Out, bool>,
    pub ready: Signal<In, bool>,
    pub quiet: Signal<Out, bool>,
    first: FirstByte<F>,
    out: Skid<AnswerByte>,
    identity: [Constant<U<32>>; IDENTITY_WORDS],
    status: Constant<U<2>>,
    counters: Constant<U<2>>,
    memory: Constant<U<2>>,
    identity_words: Constant<U<17>>,
    all_counters: Constant<U<17>>,
    flit: Constant<U<6>>,
    step: Constant<U<32>>,
    one: Constant<U<1>>,
    byte: Constant<U<4>>,
    /// The head is in front; bytes left of the word or beat; units after it; number of the next one.
    in_head: DFF<bool>,
    bytes: DFF<U<6>>,
    left: DFF<U<17>>,
    /// Some bytes, some units are left.
    some_bytes: DFF<bool>,
    /// A byte was given in the last cycle.
    gave: DFF<bool>,
    /// That, or a beat comes: the beat's register changes.
    moves: DFF<bool>,
    some_left: DFF<bool>,
    /// The next unit is loaded: all bytes before it have gone.
    loads: DFF<bool>,
    index: DFF<U<16>>,
    /// What the next unit would be; the bytes of the one that is given.
    unit: DFF<U<32>>,
    word: DFF<U<32>>,
    beat: DFF<Flits<1, F>>,
    in_beat: DFF<bool>,
    at: DFF<U<32>>,
    /// Memory is asked for a beat, and has accepted that.
    asks: DFF<bool>,
    asked: DFF<bool>,
    /// A beat came in the cycle before: memory is far away.
    comes: DFF<bool>,
    /// A beat came, and is counted a cycle later: it is far from there.
    counted: DFF<bool>,
    came: DFF<Flits<1, F>>,
    gives: Signal<Local, bool>,
    /// A beat of memory arrives.
    arrives: Signal<Local, bool>,
    from_memory: Signal<Local, bool>,
    source: Signal<Local, U<32>>,
    beats: Signal<Local, U<17>>,
}

impl<const F: usize> Answer<F> {
    /// For a device with this identity.
    pub fn new(identity: [u32; IDENTITY_WORDS]) -> Self {
        let number = |kind| Constant::new(U::new(kind));
        Answer {
            clock: Default::default(),
            reset: Default::default(),
            start: Default::default(),
            head0: Default::default(),
            head1: Default::default(),
            kind: Default::default(),
            address: Default::default(),
            count: Default::default(),
            taken: Default::default(),
            buffered: Default::default(),
            fault_index: Default::default(),
            fault_code: Default::default(),
            select: Default::default(),
            counter: Default::default(),
            request: Default::default(),
            request_at: Default::default(),
            accepted: Default::default(),
            r_valid: Default::default(),
            r_data: Default::default(),
            r_ready: Default::default(),
            valid: Default::default(),
            value: Default::default(),
            last: Default::default(),
            ready: Default::default(),
            quiet: Default::default(),
            first: Default::default(),
            out: Default::default(),
            identity: identity.map(|word| Constant::new(U::new(u64::from(word)))),
            status: number(kind::STATUS),
            counters: number(kind::COUNTERS),
            memory: number(kind::MEMORY),
            identity_words: Constant::new(U::new(IDENTITY_WORDS as u64)),
            all_counters: Constant::new(U::new(COUNTERS.len() as u64)),
            flit: Constant::new(U::new(F as u64)),
            step: Constant::new(U::new(F as u64)),
            one: Constant::new(U::new(1)),
            byte: Constant::new(U::new(8)),
            in_head: Default::default(),
            bytes: Default::default(),
            left: Default::default(),
            some_bytes: Default::default(),
            gave: Default::default(),
            moves: Default::default(),
            some_left: Default::default(),
            loads: Default::default(),
            index: Default::default(),
            unit: Default::default(),
            word: Default::default(),
            beat: Default::default(),
            in_beat: Default::default(),
            at: Default::default(),
            asks: Default::default(),
            asked: Default::default(),
            comes: Default::default(),
            counted: Default::default(),
            came: Default::default(),
            gives: Default::default(),
            arrives: Default::default(),
            from_memory: Default::default(),
            source: Default::default(),
            beats: Default::default(),
        }
    }
}

impl<const F: usize> Logic for Answer<F> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, in_head, gave, moves, bytes, left, some_bytes, some_left, loads, index,
            unit, word, beat, in_beat, at, asks, asked, comes, counted, came
        );
        self.first.flit.next = self.beat.q.val();

        // to the line
        self.out.clock.next = self.clock.val();
        self.out.reset.next = self.reset.val();
        self.gives.next = self.some_bytes.q.val() && self.out.ready.val() && (!self.gave.q.val());
        self.gave.d.next = self.gives.val();
        self.out.push.next = self.gives.val();
        self.out.data.next.value = self.word.q.val().get_bits::<8>(0);
        if self.in_beat.q.val() {
            self.out.data.next.value = self.first.value.val();
        }
        self.out.data.next.last = (self.bytes.q.val() == 1.into()) && (!self.some_left.q.val());
        if self.gives.val() {
            self.bytes.d.next = self.bytes.q.val() - 1.into();
            self.some_bytes.d.next = self.bytes.q.val() != 1.into();
        }
        if self.gave.q.val() {
            self.word.d.next = self.word.q.val() >> self.byte.val();
        }
        if self.moves.q.val() {
            self.beat.d.next = self.beat.q.val() >> self.one.val();
            if self.comes.q.val() {
                self.beat.d.next = self.came.q.val();
            }
        }
        self.valid.next = self.out.valid.val();
        self.value.next = self.out.head.val().value;
        self.last.next = self.out.head.val().last;
        self.out.pop.next = self.out.valid.val() && self.ready.val();

        // the next unit
        self.loads.d.next =
            (!self.some_bytes.q.val()) && self.some_left.q.val() && (!self.loads.q.val());
        self.from_memory.next = (self.kind.val() == self.memory.val()) && (!self.in_head.q.val());
        self.select.next = self.index.q.val().get_bits::<5>(0);
        self.request.next = self.asks.q.val();
        self.request_at.next = self.at.q.val();
        self.r_ready.next = self.asked.q.val();
        self.source.next = self.head1.val();
        if !self.in_head.q.val() {
            if self.kind.val() == self.counters.val() {
                self.source.next = self.counter.val();
            } else if self.kind.val() == self.status.val() {
                if self.index.q.val() == 0.into() {
                    self.source.next = self.taken.val();
                }
                if self.index.q.val() == 1.into() {
                    self.source.next = self.buffered.val().to_bits();
                }
                if self.index.q.val() == 2.into() {
                    self.source.next = self.fault_index.val();
                }
                if self.index.q.val() == 3.into() {
                    self.source.next = self.fault_code.val().to_bits();
                }
            } else {
                for i in 0..16 {
                    if self.index.q.val() == i.into() {
                        self.source.next = self.identity[i].val();
                    }
                }
            }
        }
        self.unit.d.next = self.source.val();
        if self.loads.q.val() {
            if self.from_memory.val() {
                self.asks.d.next = !(self.asked.q.val()
                    || self.comes.q.val()
                    || self.counted.q.val()
                    || self.some_bytes.q.val());
            } else {
                self.word.d.next = self.unit.q.val();
                self.bytes.d.next = 4.into();
                self.some_bytes.d.next = true;
                self.index.d.next = self.index.q.val() + 1.into();
                self.left.d.next = self.left.q.val() - 1.into();
                self.some_left.d.next = self.left.q.val() != 1.into();
                if self.in_head.q.val() {
                    self.in_head.d.next = false;
                    self.index.d.next = 0.into();
                }
            }
        }
        // Only who loads from memory asks it.
        if self.asks.q.val() && self.accepted.val() {
            self.asks.d.next = false;
            self.asked.d.next = true;
            self.at.d.next = self.at.q.val() + self.step.val();
        }
        self.came.d.next = self.r_data.val();
        self.arrives.next = self.asked.q.val() && self.r_valid.val();
        self.comes.d.next = self.arrives.val();
        self.moves.d.next = self.gives.val() || self.arrives.val();
        if self.arrives.val() {
            self.asked.d.next = false;
        }
        self.counted.d.next = self.comes.q.val();
        if self.counted.q.val() {
            self.in_beat.d.next = true;
            self.bytes.d.next = self.flit.val();
            self.some_bytes.d.next = true;
            self.left.d.next = self.left.q.val() - 1.into();
            self.some_left.d.next = self.left.q.val() != 1.into();
        }
        self.beats.next = self.count.val().to_bits();
        if self.start.val() {
            self.word.d.next = self.head0.val();
            self.bytes.d.next = 4.into();
            self.some_bytes.d.next = true;
            self.some_left.d.next = true;
            self.in_head.d.next = true;
            self.in_beat.d.next = false;
            self.at.d.next = self.address.val();
            // One more for the head's second word.
            self.left.d.next = self.identity_words.val() + 1.into();
            if self.kind.val() == self.status.val() {
                self.left.d.next = 5.into();
            }
            if self.kind.val() == self.counters.val() {
                self.left.d.next = self.all_counters.val() + 1.into();
            }
            if self.kind.val() == self.memory.val() {
                self.left.d.next = self.beats.val() + 1.into();
            }
        }
        if self.reset.val() {
            self.bytes.d.next = 0.into();
            self.left.d.next = 0.into();
            self.some_bytes.d.next = false;
            self.gave.d.next = false;
            self.loads.d.next = false;
            self.some_left.d.next = false;
            self.asks.d.next = false;
            self.asked.d.next = false;
            self.comes.d.next = false;
            self.counted.d.next = false;
        }
        self.quiet.next =
            (!self.some_bytes.q.val()) && (!self.some_left.q.val()) && (!self.out.valid.val());
    }
}
