//! The registers: what a bus can do with the machine.
//!
//! ```text
//! write ──┬──> [ parts of a word ] ──last part, room──> push, word
//!         ├──> [ reset, for a while, until memory is quiet ] ──> stop
//!         └──> clear, [ interrupt enable ]
//! read_at ──> status, fault, taken, identity, counters ──> value
//! ```
//!
//! [`tcpu_isa::bus`] says what each of them is. A word for which there is no room is refused, and so are all
//! that follow until a reset: a program with a hole does not run on.

use rust_hdl::prelude::*;
use tcpu_isa::bus::{at, control, status, BASE_STEP, COMMANDS, REGISTER_BYTES};
use tcpu_isa::counters::COUNTERS;
use tcpu_isa::link::IDENTITY_WORDS;

use crate::decode::Word;
use crate::processor::RESET_CYCLES;
use crate::types::{ToBits, U};

// The kernel names these bits by number.
const _: () = {
    assert!(control::RESET == 0 && control::CLEAR == 1);
    assert!(status::IDLE == 0 && status::FAULT == 1);
    assert!(status::READ_ERROR == 2 && status::WRITE_ERROR == 3);
    assert!(status::OVERFLOW == 4 && status::RESETTING == 5);
};

/// See the module's documentation. Registers go by number: a quarter of their byte address.
#[derive(LogicBlock)]
pub struct Registers {
    pub clock: Signal<In, Clock>,
    /// The bus is in reset: the machine is reset, too.
    pub reset: Signal<In, bool>,
    pub write: Signal<In, bool>,
    pub write_at: Signal<In, U<10>>,
    pub data: Signal<In, U<32>>,
    /// The write can be done.
    pub written: Signal<Out, bool>,
    pub read_at: Signal<In, U<10>>,
    pub value: Signal<Out, U<32>>,
    /// There is something to be read.
    pub there: Signal<Out, bool>,
    pub irq: Signal<Out, bool>,
    // The command buffer.
    pub push: Signal<Out, bool>,
    pub word: Signal<Out, Word>,
    pub buffered: Signal<In, U<16>>,
    // The machine.
    pub stop: Signal<Out, bool>,
    /// Nothing is queued, running or on its way.
    pub idle: Signal<In, bool>,
    pub fault: Signal<In, bool>,
    pub fault_code: Signal<In, U<8>>,
    pub fault_index: Signal<In, U<32>>,
    pub clear: Signal<Out, bool>,
    pub select: Signal<Out, U<5>>,
    /// The one that was selected, [`READ_CYCLES`](tcpu_isa::counters::READ_CYCLES) later.
    pub counter: Signal<In, U<32>>,
    // Memory.
    pub base: Signal<Out, U<20>>,
    pub quiet: Signal<In, bool>,
    pub read_error: Signal<In, bool>,
    pub write_error: Signal<In, bool>,
    identity: [Constant<U<32>>; IDENTITY_WORDS],
    at_status: Constant<U<10>>,
    at_control: Constant<U<10>>,
    at_interrupt: Constant<U<10>>,
    at_fault: Constant<U<10>>,
    at_taken: Constant<U<10>>,
    at_base: Constant<U<10>>,
    at_command: Constant<U<10>>,
    at_identity: Constant<U<10>>,
    at_counters: Constant<U<10>>,
    identities: Constant<U<10>>,
    counters: Constant<U<10>>,
    depth: Constant<U<16>>,
    hold: Constant<U<5>>,
    to_code: Constant<U<5>>,
    to_room: Constant<U<5>>,
    upper: Constant<U<6>>,
    to_page: Constant<U<4>>,
    // No reset goes on; for how many cycles it was held.
    steady: DFF<bool>,
    held: DFF<U<5>>,
    enabled: DFF<bool>,
    page: DFF<U<20>>,
    taken: DFF<U<32>>,
    read_failed: DFF<bool>,
    write_failed: DFF<bool>,
    overflow: DFF<bool>,
    // Parts of a word, lowest first; zero after a reset, so that a part left out is never what chance left there.
    part0: DFF<U<32>>,
    part1: DFF<U<32>>,
    part2: DFF<U<32>>,
    part: Signal<Local, U<10>>,
    last_part: Signal<Local, bool>,
    pushes: Signal<Local, bool>,
    resets: Signal<Local, bool>,
    room: Signal<Local, U<16>>,
    rests: Signal<Local, bool>,
    low: Signal<Local, U<64>>,
    high: Signal<Local, U<64>>,
    bits: Signal<Local, U<32>>,
    code: Signal<Local, U<32>>,
    free: Signal<Local, U<32>>,
    number: Signal<Local, U<10>>,
    wide: Signal<Local, U<32>>,
}

impl Registers {
    /// The registers of a machine with this identity.
    pub fn new(identity: [u32; IDENTITY_WORDS]) -> Self {
        let place = |at: usize| Constant::new(U::new((at / REGISTER_BYTES) as u64));
        Registers {
            clock: Default::default(),
            reset: Default::default(),
            write: Default::default(),
            write_at: Default::default(),
            data: Default::default(),
            written: Default::default(),
            read_at: Default::default(),
            value: Default::default(),
            there: Default::default(),
            irq: Default::default(),
            push: Default::default(),
            word: Default::default(),
            buffered: Default::default(),
            stop: Default::default(),
            idle: Default::default(),
            fault: Default::default(),
            fault_code: Default::default(),
            fault_index: Default::default(),
            clear: Default::default(),
            select: Default::default(),
            counter: Default::default(),
            base: Default::default(),
            quiet: Default::default(),
            read_error: Default::default(),
            write_error: Default::default(),
            identity: identity.map(|word| Constant::new(U::new(u64::from(word)))),
            at_status: place(at::STATUS),
            at_control: place(at::CONTROL),
            at_interrupt: place(at::INTERRUPT),
            at_fault: place(at::FAULT),
            at_taken: place(at::TAKEN),
            at_base: place(at::BASE),
            at_command: place(at::COMMAND),
            at_identity: place(at::IDENTITY),
            at_counters: place(at::COUNTERS),
            identities: Constant::new(U::new(IDENTITY_WORDS as u64)),
            counters: Constant::new(U::new(COUNTERS.len() as u64)),
            depth: Constant::new(U::new(u64::from(COMMANDS))),
            hold: Constant::new(U::new(RESET_CYCLES as u64)),
            to_code: Constant::new(U::new(u64::from(status::CODE))),
            to_room: Constant::new(U::new(u64::from(status::ROOM))),
            upper: Constant::new(U::new(32)),
            to_page: Constant::new(U::new(u64::from(BASE_STEP.trailing_zeros()))),
            steady: Default::default(),
            held: Default::default(),
            enabled: Default::default(),
            page: Default::default(),
            taken: Default::default(),
            read_failed: Default::default(),
            write_failed: Default::default(),
            overflow: Default::default(),
            part0: Default::default(),
            part1: Default::default(),
            part2: Default::default(),
            part: Default::default(),
            last_part: Default::default(),
            pushes: Default::default(),
            resets: Default::default(),
            room: Default::default(),
            rests: Default::default(),
            low: Default::default(),
            high: Default::default(),
            bits: Default::default(),
            code: Default::default(),
            free: Default::default(),
            number: Default::default(),
            wide: Default::default(),
        }
    }
}

impl Logic for Registers {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            steady,
            held,
            enabled,
            page,
            taken,
            read_failed,
            write_failed,
            overflow,
            part0,
            part1,
            part2
        );

        // command words
        self.room.next = self.depth.val() - self.buffered.val();
        if self.overflow.q.val() || (!self.steady.q.val()) {
            self.room.next = 0.into();
        }
        self.part.next = self.write_at.val() - self.at_command.val();
        self.last_part.next = self.part.val() == 3.into();
        self.pushes.next = self.write.val() && self.last_part.val() && (self.room.val() > 0.into());
        if self.write.val() {
            if self.part.val() == 0.into() {
                self.part0.d.next = self.data.val();
            }
            if self.part.val() == 1.into() {
                self.part1.d.next = self.data.val();
            }
            if self.part.val() == 2.into() {
                self.part2.d.next = self.data.val();
            }
            if self.last_part.val() && (self.room.val() == 0.into()) {
                self.overflow.d.next = true;
            }
            if self.write_at.val() == self.at_interrupt.val() {
                self.enabled.d.next = self.data.val().get_bit(0);
            }
            if self.write_at.val() == self.at_base.val() {
                self.page.d.next = self.data.val().get_bits::<20>(12);
            }
        }
        self.push.next = self.pushes.val();
        self.low.next = self.part1.q.val().to_bits();
        self.high.next = self.data.val().to_bits();
        self.word.next.lo =
            (self.low.val() << self.upper.val()) | self.part0.q.val().get_bits::<64>(0);
        self.word.next.hi =
            (self.high.val() << self.upper.val()) | self.part2.q.val().get_bits::<64>(0);
        if self.pushes.val() {
            self.taken.d.next = self.taken.q.val() + 1.into();
        }
        self.written.next = (self.part.val() < 3.into())
            || (self.last_part.val() && (self.room.val() > 0.into()))
            || (self.write_at.val() == self.at_control.val())
            || (self.write_at.val() == self.at_interrupt.val())
            || (self.write_at.val() == self.at_base.val());
        self.base.next = self.page.q.val();

        // resets
        self.clear.next = self.write.val()
            && (self.write_at.val() == self.at_control.val())
            && self.data.val().get_bit(1);
        self.resets.next = self.write.val()
            && (self.write_at.val() == self.at_control.val())
            && self.data.val().get_bit(0);
        if self.read_error.val() {
            self.read_failed.d.next = true;
        }
        if self.write_error.val() {
            self.write_failed.d.next = true;
        }
        if !self.steady.q.val() {
            self.taken.d.next = 0.into();
            self.read_failed.d.next = false;
            self.write_failed.d.next = false;
            self.overflow.d.next = false;
            if self.held.q.val() < self.hold.val() {
                self.held.d.next = self.held.q.val() + 1.into();
            } else if self.quiet.val() {
                self.steady.d.next = true;
            }
        }
        if self.resets.val() || self.reset.val() {
            self.steady.d.next = false;
            self.held.d.next = 0.into();
            self.part0.d.next = 0.into();
            self.part1.d.next = 0.into();
            self.part2.d.next = 0.into();
        }
        if self.reset.val() {
            self.enabled.d.next = false;
            self.page.d.next = 0.into();
        }
        self.stop.next = !self.steady.q.val();

        // what is read
        self.rests.next = self.idle.val()
            && self.quiet.val()
            && self.steady.q.val()
            && (self.buffered.val() == 0.into());
        self.code.next = self.fault_code.val().to_bits();
        self.free.next = self.room.val().to_bits();
        self.bits.next =
            (self.code.val() << self.to_code.val()) | (self.free.val() << self.to_room.val());
        self.bits.next = self.bits.val().replace_bit(0, self.rests.val());
        self.bits.next = self.bits.val().replace_bit(1, self.fault.val());
        self.bits.next = self.bits.val().replace_bit(2, self.read_failed.q.val());
        self.bits.next = self.bits.val().replace_bit(3, self.write_failed.q.val());
        self.bits.next = self.bits.val().replace_bit(4, self.overflow.q.val());
        self.bits.next = self.bits.val().replace_bit(5, !self.steady.q.val());
        self.irq.next = self.enabled.q.val()
            && (self.rests.val()
                || self.fault.val()
                || self.read_failed.q.val()
                || self.write_failed.q.val()
                || self.overflow.q.val());
        self.wide.next = self.page.q.val().to_bits();
        self.number.next = self.read_at.val() - self.at_counters.val();
        self.select.next = self.number.val().get_bits::<5>(0);
        self.there.next = self.number.val() < self.counters.val();
        self.value.next = 0.into();
        if self.number.val() < self.counters.val() {
            self.value.next = self.counter.val();
        }
        self.number.next = self.read_at.val() - self.at_identity.val();
        for i in 0..16 {
            if self.number.val() == i.into() {
                self.value.next = self.identity[i].val();
            }
        }
        if self.number.val() < self.identities.val() {
            self.there.next = true;
        }
        if self.read_at.val() == self.at_status.val() {
            self.there.next = true;
            self.value.next = self.bits.val();
        }
        if self.read_at.val() == self.at_interrupt.val() {
            self.there.next = true;
            self.value.next = 0.into();
            self.value.next = self.value.val().replace_bit(0, self.enabled.q.val());
        }
        if self.read_at.val() == self.at_fault.val() {
            self.there.next = true;
            self.value.next = self.fault_index.val();
        }
        if self.read_at.val() == self.at_taken.val() {
            self.there.next = true;
            self.value.next = self.taken.q.val();
        }
        if self.read_at.val() == self.at_base.val() {
            self.there.next = true;
            self.value.next = self.wide.val() << self.to_page.val();
        }
    }
}
