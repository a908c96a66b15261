//! Carries requests out.
//!
//! ```text
//!            ┌─> skip ───────────────────────────────────────────────────┐
//! frame ──> head ──> judge ──> decide ──┬─> write beats ──┬──> skip CRC ──┴─> answer
//!                                       ├─> take words ───┤
//!                                       └─> reset ────────┘
//! ```
//!
//! One byte of the frame is taken per cycle. Bad frames are skipped without an answer. Words for which the
//! command buffer has no room are skipped; the answer says how many were taken.

use rust_hdl::prelude::*;
use tcpu_isa::link::{CRC_BYTES, REQUEST_BYTES};

use crate::decode::Word;
use crate::link::bytes::LastByte;
use crate::link::frames::Frame;
use crate::link::judge::Judge;
use crate::processor::RESET_CYCLES;
use crate::types::{Flits, ToBits, U};

/// See the module's documentation.
#[derive(LogicBlock)]
pub struct Server<const F: usize> {
    pub clock: Signal<In, Clock>,
    /// Back to where it was after power-up: no session, and the processor stands still.
    pub restart: Signal<In, bool>,
    // From the frame receiver.
    pub frame_valid: Signal<In, bool>,
    pub frame: Signal<In, Frame>,
    pub frame_pop: Signal<Out, bool>,
    pub byte: Signal<In, U<8>>,
    pub byte_pop: Signal<Out, bool>,
    // To the answer.
    pub answer: Signal<Out, bool>,
    pub head0: Signal<Out, U<32>>,
    pub head1: Signal<Out, U<32>>,
    pub kind: Signal<Out, U<2>>,
    pub address: Signal<Out, U<32>>,
    pub count: Signal<Out, U<16>>,
    /// The answer is in the sender, to its last byte.
    pub answered: Signal<In, bool>,
    // To memory: writes of one beat.
    pub request: Signal<Out, bool>,
    pub request_at: Signal<Out, U<32>>,
    pub accepted: Signal<In, bool>,
    pub w_valid: Signal<Out, bool>,
    pub w_data: Signal<Out, Flits<1, F>>,
    pub w_ready: Signal<In, bool>,
    // To the command buffer.
    pub push: Signal<Out, bool>,
    pub word: Signal<Out, Word>,
    pub full: Signal<In, bool>,
    /// Words taken since the reset.
    pub taken: Signal<Out, U<32>>,
    /// The processor may take buffered words.
    pub running: Signal<Out, bool>,
    pub reset: Signal<Out, bool>,
    /// The processor runs, or memory owes or is owed something.
    pub busy: Signal<In, bool>,
    /// Memory owes and is owed nothing.
    pub port_quiet: Signal<In, bool>,
    pub fault: Signal<In, bool>,
    judge: Judge,
    last_byte: LastByte<F>,
    head_bytes: Constant<U<16>>,
    crc_bytes: Constant<U<16>>,
    bare: Constant<U<16>>,
    flit: Constant<U<32>>,
    last_of_beat: Constant<U<6>>,
    hold: Constant<U<5>>,
    one: Constant<U<1>>,
    eight: Constant<U<4>>,
    sixteen: Constant<U<5>>,
    top_of_32: Constant<U<5>>,
    top_of_64: Constant<U<6>>,
    // Where the server is; all false: it waits for a frame.
    heading: DFF<bool>,
    reading: DFF<bool>,
    judging: DFF<bool>,
    deciding: DFF<bool>,
    gathering: DFF<bool>,
    asking: DFF<bool>,
    giving: DFF<bool>,
    pushing: DFF<bool>,
    resetting: DFF<bool>,
    skipping: DFF<bool>,
    answering: DFF<bool>,
    // The frame: bytes of it, bytes that are still to be taken, its head.
    bytes: DFF<U<16>>,
    left: DFF<U<16>>,
    /// Some are left.
    some_left: DFF<bool>,
    /// The oldest frame is taken.
    pops: DFF<bool>,
    good: DFF<bool>,
    head: DFF<U<32>>,
    at: DFF<U<32>>,
    units: DFF<U<32>>,
    // The verdict.
    code: DFF<U<8>>,
    answer_kind: DFF<U<2>>,
    // It writes memory; the beat or the word that is being gathered, and its bytes so far.
    for_memory: DFF<bool>,
    got: DFF<U<6>>,
    beat: DFF<Flits<1, F>>,
    word_lo: DFF<U<64>>,
    word_hi: DFF<U<64>>,
    // What lasts.
    runs: DFF<bool>,
    words: DFF<U<32>>,
    held: DFF<U<5>>,
    idle: Signal<Local, bool>,
    takes: Signal<Local, bool>,
    pushes: Signal<Local, bool>,
    byte32: Signal<Local, U<32>>,
    byte64: Signal<Local, U<64>>,
    flags: Signal<Local, U<32>>,
    code32: Signal<Local, U<32>>,
    last32: Signal<Local, U<32>>,
}

impl<const F: usize> Default for Server<F> {
    fn default() -> Self {
        let bytes = |n: usize| Constant::new(U::new(n as u64));
        Server {
            clock: Default::default(),
            restart: Default::default(),
            frame_valid: Default::default(),
            frame: Default::default(),
            frame_pop: Default::default(),
            byte: Default::default(),
            byte_pop: Default::default(),
            answer: Default::default(),
            head0: Default::default(),
            head1: Default::default(),
            kind: Default::default(),
            address: Default::default(),
            count: Default::default(),
            answered: Default::default(),
            request: Default::default(),
            request_at: Default::default(),
            accepted: Default::default(),
            w_valid: Default::default(),
            w_data: Default::default(),
            w_ready: Default::default(),
            push: Default::default(),
            word: Default::default(),
            full: Default::default(),
            taken: Default::default(),
            running: Default::default(),
            reset: Default::default(),
            busy: Default::default(),
            port_quiet: Default::default(),
            fault: Default::default(),
            judge: Judge::new(F),
            last_byte: Default::default(),
            head_bytes: bytes(REQUEST_BYTES),
            crc_bytes: bytes(CRC_BYTES),
            bare: bytes(REQUEST_BYTES + CRC_BYTES),
            flit: Constant::new(U::new(F as u64)),
            last_of_beat: Constant::new(U::new(F as u64 - 1)),
            hold: Constant::new(U::new(RESET_CYCLES as u64)),
            one: Constant::new(U::new(1)),
            eight: Constant::new(U::new(8)),
            sixteen: Constant::new(U::new(16)),
            top_of_32: Constant::new(U::new(24)),
            top_of_64: Constant::new(U::new(56)),
            heading: Default::default(),
            reading: Default::default(),
            judging: Default::default(),
            deciding: Default::default(),
            gathering: Default::default(),
            asking: Default::default(),
            giving: Default::default(),
            pushing: Default::default(),
            resetting: Default::default(),
            skipping: Default::default(),
            answering: Default::default(),
            bytes: Default::default(),
            left: Default::default(),
            some_left: Default::default(),
            pops: Default::default(),
            good: Default::default(),
            head: Default::default(),
            at: Default::default(),
            units: Default::default(),
            code: Default::default(),
            answer_kind: Default::default(),
            for_memory: Default::default(),
            got: Default::default(),
            beat: Default::default(),
            word_lo: Default::default(),
            word_hi: Default::default(),
            runs: Default::default(),
            words: Default::default(),
            held: Default::default(),
            idle: Default::default(),
            takes: Default::default(),
            pushes: Default::default(),
            byte32: Default::default(),
            byte64: Default::default(),
            flags: Default::default(),
            code32: Default::default(),
            last32: Default::default(),
        }
    }
}

impl<const F: usize> Logic for Server<F> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            heading,
            reading,
            judging,
            deciding,
            gathering,
            asking,
            giving,
            pushing,
            resetting,
            skipping,
            answering,
            for_memory,
            bytes,
            left,
            some_left,
            pops,
            good,
            head,
            at,
            units,
            code,
            answer_kind,
            got,
            beat,
            word_lo,
            word_hi,
            runs,
            words,
            held
        );
        self.judge.clock.next = self.clock.val();
        self.judge.restart.next = self.restart.val();
        self.byte32.next = self.byte.val().to_bits();
        self.byte64.next = self.byte.val().to_bits();
        self.last_byte.value.next = self.byte.val();

        // a frame arrives
        self.idle.next = (!self.heading.q.val())
            && (!self.reading.q.val())
            && (!self.judging.q.val())
            && (!self.deciding.q.val())
            && (!self.gathering.q.val())
            && (!self.asking.q.val())
            && (!self.giving.q.val())
            && (!self.pushing.q.val())
            && (!self.resetting.q.val())
            && (!self.skipping.q.val())
            && (!self.answering.q.val());
        self.pops.d.next = self.idle.val() && self.frame_valid.val() && (!self.pops.q.val());
        self.frame_pop.next = self.pops.q.val();
        if self.pops.q.val() {
            self.bytes.d.next = self.frame.val().bytes;
            self.left.d.next = self.frame.val().bytes;
            self.some_left.d.next = self.frame.val().bytes > 0.into();
            self.good.d.next = false;
            self.skipping.d.next = true;
            if self.frame.val().good && (self.frame.val().bytes >= self.bare.val()) {
                self.good.d.next = true;
                self.skipping.d.next = false;
                self.heading.d.next = true;
            }
        }

        // its bytes
        self.takes.next = self.heading.q.val()
            || self.gathering.q.val()
            || (self.skipping.q.val() && self.some_left.q.val());
        self.byte_pop.next = self.takes.val();
        if self.takes.val() {
            self.left.d.next = self.left.q.val() - 1.into();
            self.some_left.d.next = self.left.q.val() != 1.into();
        }
        if self.heading.q.val() {
            self.units.d.next = (self.units.q.val() >> self.eight.val())
                | (self.byte32.val() << self.top_of_32.val());
            self.at.d.next = (self.at.q.val() >> self.eight.val())
                | (self.units.q.val() << self.top_of_32.val());
            self.head.d.next =
                (self.head.q.val() >> self.eight.val()) | (self.at.q.val() << self.top_of_32.val());
            if (self.bytes.q.val() - self.left.q.val()) == (self.head_bytes.val() - 1.into()) {
                self.heading.d.next = false;
                self.reading.d.next = true;
            }
        }
        if self.reading.q.val() {
            self.reading.d.next = false;
            self.judging.d.next = true;
        }
        if self.judging.q.val() {
            self.judging.d.next = false;
            self.deciding.d.next = true;
        }

        // what is done with it
        self.judge.decide.next = self.deciding.q.val();
        self.judge.head.next = self.head.q.val();
        self.judge.address.next = self.at.q.val();
        self.judge.count.next = self.units.q.val().to_bits();
        self.judge.bytes.next = self.bytes.q.val();
        self.judge.busy.next = self.busy.val();
        self.judge.taken.next = self.words.q.val();
        if self.deciding.q.val() {
            self.deciding.d.next = false;
            self.code.d.next = self.judge.code.val();
            self.answer_kind.d.next = self.judge.kind.val();
            self.got.d.next = 0.into();
            self.held.d.next = 0.into();
            if self.judge.writes.val() || self.judge.pushes.val() {
                self.gathering.d.next = true;
            } else if self.judge.resets.val() {
                self.resetting.d.next = true;
            } else {
                self.skipping.d.next = true;
            }
            if self.judge.starts.val() {
                self.runs.d.next = true;
            }
            self.for_memory.d.next = self.judge.writes.val();
        }

        // data: beats for memory, words for the command buffer
        if self.gathering.q.val() {
            self.got.d.next = self.got.q.val() + 1.into();
            self.beat.d.next = (self.beat.q.val() >> self.one.val()) | self.last_byte.flit.val();
            self.word_hi.d.next = (self.word_hi.q.val() >> self.eight.val())
                | (self.byte64.val() << self.top_of_64.val());
            self.word_lo.d.next = (self.word_lo.q.val() >> self.eight.val())
                | (self.word_hi.q.val() << self.top_of_64.val());
            if self.for_memory.q.val() && (self.got.q.val() == self.last_of_beat.val()) {
                self.gathering.d.next = false;
                self.asking.d.next = true;
            }
            if (!self.for_memory.q.val()) && (self.got.q.val() == 15.into()) {
                self.gathering.d.next = false;
                self.pushing.d.next = true;
            }
        }
        self.request.next = self.asking.q.val();
        self.request_at.next = self.at.q.val();
        self.w_valid.next = self.giving.q.val();
        self.w_data.next = self.beat.q.val();
        if self.asking.q.val() && self.accepted.val() {
            self.asking.d.next = false;
            self.giving.d.next = true;
        }
        self.pushes.next = self.pushing.q.val() && (!self.full.val());
        self.push.next = self.pushes.val();
        self.word.next.lo = self.word_lo.q.val();
        self.word.next.hi = self.word_hi.q.val();
        if self.pushes.val() {
            self.words.d.next = self.words.q.val() + 1.into();
        }
        if (self.giving.q.val() && self.w_ready.val()) || self.pushing.q.val() {
            self.giving.d.next = false;
            self.pushing.d.next = false;
            self.got.d.next = 0.into();
            self.at.d.next = self.at.q.val() + self.flit.val();
            self.units.d.next = self.units.q.val() - 1.into();
            // A word for which there is no room is the host's to send again, and so are all behind it.
            if (self.left.q.val() > self.crc_bytes.val())
                && (!(self.pushing.q.val() && self.full.val()))
            {
                self.gathering.d.next = true;
            } else {
                self.skipping.d.next = true;
            }
        }

        // reset
        self.reset.next = self.resetting.q.val();
        if self.resetting.q.val() {
            self.runs.d.next = false;
            self.words.d.next = 0.into();
            if self.held.q.val() < self.hold.val() {
                self.held.d.next = self.held.q.val() + 1.into();
            } else if self.port_quiet.val() {
                self.resetting.d.next = false;
                self.skipping.d.next = true;
            }
        }

        // the answer
        self.answer.next = false;
        if self.skipping.q.val() && (!self.some_left.q.val()) {
            self.skipping.d.next = false;
            self.answering.d.next = self.good.q.val();
            self.answer.next = self.good.q.val();
        }
        if self.answering.q.val() && self.answered.val() {
            self.answering.d.next = false;
        }
        self.flags.next = 0.into();
        self.flags.next = self.flags.val().replace_bit(8, !self.busy.val());
        self.flags.next = self.flags.val().replace_bit(9, self.fault.val());
        self.head0.next = self.head.q.val();
        self.code32.next = self.code.q.val().to_bits();
        self.last32.next = self.judge.last.val().to_bits();
        self.head1.next =
            (self.code32.val() | (self.last32.val() << self.sixteen.val())) | self.flags.val();
        self.kind.next = self.answer_kind.q.val();
        self.address.next = self.at.q.val();
        self.count.next = self.units.q.val().to_bits();
        self.taken.next = self.words.q.val();
        self.running.next = self.runs.q.val();

        // a restart, whatever else goes on
        if self.restart.val() {
            self.pops.d.next = false;
            self.heading.d.next = false;
            self.reading.d.next = false;
            self.judging.d.next = false;
            self.deciding.d.next = false;
            self.gathering.d.next = false;
            self.asking.d.next = false;
            self.giving.d.next = false;
            self.pushing.d.next = false;
            self.resetting.d.next = false;
            self.skipping.d.next = false;
            self.answering.d.next = false;
            self.runs.d.next = false;
            self.words.d.next = 0.into();
        }
    }
}
