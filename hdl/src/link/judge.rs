//! What is done with a request: the rules of sessions and sequence numbers.
//!
//! ```text
//! head of the request ──> [ session, last, its code ] ──> code, what is carried out, what is answered
//! ```
//!
//! Only a request with the open session and the number after the last one is carried out; it takes the number
//! even if it is refused. The one with the last number is answered as before: reads are made again, nothing
//! else is.

use rust_hdl::prelude::*;
use tcpu_isa::link::{Code, Op, CRC_BYTES, REQUEST_BYTES};

use crate::link::answer::kind;
use crate::types::U;

/// See the module's documentation. What is said of a request counts from the third cycle on in which it is there, and
/// stays until after `decide`, with which session and number move.
#[derive(LogicBlock)]
pub struct Judge {
    pub clock: Signal<In, Clock>,
    /// Closes the session, as after power-up.
    pub restart: Signal<In, bool>,
    pub decide: Signal<In, bool>,
    /// The request: session, number and operation; address; count; bytes of its frame.
    pub head: Signal<In, U<32>>,
    pub address: Signal<In, U<32>>,
    pub count: Signal<In, U<16>>,
    pub bytes: Signal<In, U<16>>,
    /// The processor runs; words taken so far.
    pub busy: Signal<In, bool>,
    pub taken: Signal<In, U<32>>,
    pub code: Signal<Out, U<8>>,
    pub kind: Signal<Out, U<2>>,
    /// What is carried out, if anything.
    pub writes: Signal<Out, bool>,
    pub pushes: Signal<Out, bool>,
    pub resets: Signal<Out, bool>,
    pub starts: Signal<Out, bool>,
    /// Number of the last request that was carried out or refused.
    pub last: Signal<Out, U<8>>,
    hello: Constant<U<8>>,
    reset: Constant<U<8>>,
    write: Constant<U<8>>,
    read: Constant<U<8>>,
    commands: Constant<U<8>>,
    start: Constant<U<8>>,
    counters: Constant<U<8>>,
    highest: Constant<U<8>>,
    unknown: Constant<U<8>>,
    bad_length: Constant<U<8>>,
    no_session: Constant<U<8>>,
    bad_order: Constant<U<8>>,
    stale_hello: Constant<U<8>>,
    is_busy: Constant<U<8>>,
    bad_index: Constant<U<8>>,
    identity_kind: Constant<U<2>>,
    counters_kind: Constant<U<2>>,
    memory_kind: Constant<U<2>>,
    bare: Constant<U<16>>,
    beat_shift: Constant<U<3>>,
    word_shift: Constant<U<3>>,
    session: DFF<U<16>>,
    number: DFF<U<8>>,
    answered: DFF<U<8>>,
    op: Signal<Local, U<8>>,
    asked: Signal<Local, U<16>>,
    sequence: Signal<Local, U<8>>,
    size: Signal<Local, U<16>>,
    /// What the rules ask for: nobody's session, the open one; the next number, the last one; the right length, a right
    /// count; the right first word.
    nobody: DFF<bool>,
    known: DFF<bool>,
    next: DFF<bool>,
    again: DFF<bool>,
    fits: DFF<bool>,
    counted: DFF<bool>,
    follows: DFF<bool>,
    verdict: Signal<Local, U<8>>,
    done: Signal<Local, bool>,
    /// The same, a cycle later.
    judged: DFF<U<8>>,
    carried: DFF<bool>,
}

impl Judge {
    /// For beats of `flit` bytes.
    pub fn new(flit: usize) -> Self {
        let op = |op: Op| Constant::new(U::new(op as u64));
        let code = |code: Code| Constant::new(U::new(code as u64));
        let kind = |kind| Constant::new(U::new(kind));
        Judge {
            clock: Default::default(),
            restart: Default::default(),
            decide: Default::default(),
            head: Default::default(),
            address: Default::default(),
            count: Default::default(),
            bytes: Default::default(),
            busy: Default::default(),
            taken: Default::default(),
            code: Default::default(),
            kind: Default::default(),
            writes: Default::default(),
            pushes: Default::default(),
            resets: Default::default(),
            starts: Default::default(),
            last: Default::default(),
            hello: op(Op::Hello),
            reset: op(Op::Reset),
            write: op(Op::Write),
            read: op(Op::Read),
            commands: op(Op::Commands),
            start: op(Op::Start),
            counters: op(Op::Counters),
            highest: Constant::new(U::new(Op::ALL.len() as u64)),
            unknown: code(Code::UnknownOp),
            bad_length: code(Code::Length),
            no_session: code(Code::NoSession),
            bad_order: code(Code::Order),
            stale_hello: code(Code::StaleHello),
            is_busy: code(Code::Busy),
            bad_index: code(Code::CommandIndex),
            identity_kind: kind(kind::IDENTITY),
            counters_kind: kind(kind::COUNTERS),
            memory_kind: kind(kind::MEMORY),
            bare: Constant::new(U::new((REQUEST_BYTES + CRC_BYTES) as u64)),
            beat_shift: Constant::new(U::new(u64::from(flit.trailing_zeros()))),
            word_shift: Constant::new(U::new(4)),
            session: Default::default(),
            number: Default::default(),
            answered: Default::default(),
            op: Default::default(),
            asked: Default::default(),
            sequence: Default::default(),
            size: Default::default(),
            nobody: Default::default(),
            known: Default::default(),
            next: Default::default(),
            again: Default::default(),
            fits: Default::default(),
            counted: Default::default(),
            follows: Default::default(),
            verdict: Default::default(),
            done: Default::default(),
            judged: Default::default(),
            carried: Default::default(),
        }
    }
}

impl Logic for Judge {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, session, number, answered, nobody, known, next, again, fits, counted,
            follows, judged, carried
        );
        self.asked.next = self.head.val().get_bits::<16>(0);
        self.sequence.next = self.head.val().get_bits::<8>(16);
        self.op.next = self.head.val().get_bits::<8>(24);
        self.nobody.d.next = self.asked.val() == 0.into();
        self.known.d.next = self.asked.val() == self.session.q.val();
        self.follows.d.next = self.address.val() == self.taken.val();
        self.next.d.next = self.sequence.val() == (self.number.q.val() + 1.into());
        self.again.d.next = self.sequence.val() == self.number.q.val();

        // the length that its head promises
        self.size.next = self.bare.val();
        if self.op.val() == self.write.val() {
            self.size.next = self.bare.val() + (self.count.val() << self.beat_shift.val());
        }
        if self.op.val() == self.commands.val() {
            self.size.next = self.bare.val() + (self.count.val() << self.word_shift.val());
        }
        self.fits.d.next = self.bytes.val() == self.size.val();
        self.counted.d.next = ((self.op.val() != self.write.val())
            && (self.op.val() != self.commands.val()))
            || ((self.count.val() > 0.into()) && (self.count.val() < 256.into()));

        // the verdict: the first rule that is broken
        self.verdict.next = 0.into();
        self.done.next = false;
        if self.op.val() == self.hello.val() {
            if self.nobody.q.val() || (self.known.q.val() && (self.number.q.val() != 0.into())) {
                self.verdict.next = self.stale_hello.val();
            } else if self.decide.val() {
                self.session.d.next = self.asked.val();
                self.number.d.next = 0.into();
                self.answered.d.next = 0.into();
            }
        } else if self.nobody.q.val() || (!self.known.q.val()) {
            self.verdict.next = self.no_session.val();
        } else if self.again.q.val() {
            self.verdict.next = self.answered.q.val();
        } else if !self.next.q.val() {
            self.verdict.next = self.bad_order.val();
        } else {
            if (self.op.val() == 0.into()) || (self.op.val() > self.highest.val()) {
                self.verdict.next = self.unknown.val();
            } else if (!self.fits.q.val()) || (!self.counted.q.val()) {
                self.verdict.next = self.bad_length.val();
            } else if self.busy.val()
                && ((self.op.val() == self.write.val()) || (self.op.val() == self.read.val()))
            {
                self.verdict.next = self.is_busy.val();
            } else if (self.op.val() == self.commands.val()) && (!self.follows.q.val()) {
                self.verdict.next = self.bad_index.val();
            } else {
                self.done.next = true;
            }
            if self.decide.val() {
                self.number.d.next = self.sequence.val();
                self.answered.d.next = self.judged.q.val();
            }
        }
        if self.restart.val() {
            self.session.d.next = 0.into();
            self.number.d.next = 0.into();
            self.answered.d.next = 0.into();
        }
        self.judged.d.next = self.verdict.val();
        self.carried.d.next = self.done.val();
        self.code.next = self.judged.q.val();
        self.last.next = self.number.q.val();

        // what is carried out, and what is answered
        self.writes.next = self.carried.q.val() && (self.op.val() == self.write.val());
        self.pushes.next = self.carried.q.val() && (self.op.val() == self.commands.val());
        self.resets.next = self.carried.q.val() && (self.op.val() == self.reset.val());
        self.starts.next = self.carried.q.val() && (self.op.val() == self.start.val());
        self.kind.next = 0.into();
        if self.judged.q.val() == 0.into() {
            if self.op.val() == self.hello.val() {
                self.kind.next = self.identity_kind.val();
            }
            if self.op.val() == self.counters.val() {
                self.kind.next = self.counters_kind.val();
            }
            if self.op.val() == self.read.val() {
                self.kind.next = self.memory_kind.val();
            }
        }
    }
}
