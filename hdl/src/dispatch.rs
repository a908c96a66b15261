//! The command processor's front: takes words, checks them, hands them to the units' queues.
//!
//! ```text
//! cmd ──> check ──> [ skid ] ──> legal? ──> [ word, verdict ] ──> push[unit]      illegal: fault (code, index), full stop
//! ```
//!
//! Half of the check is done while a word comes, half while it leaves the skid buffer.
//!
//! `cmd_ready` is known at the beginning of its cycle: whether a queue has room does not reach who gives the words;
//! and that a queue fills is heard a cycle late: so it says it while there is room for one more.

use rust_hdl::prelude::*;
use tcpu_isa::Config;

use crate::bundle;
use crate::check::{Check, Findings, Ruling, Verdict};
use crate::decode::Word;
use crate::skid::Skid;
use crate::types::U;

bundle! {
    /// A word, and what was found wrong with it.
    pub struct Checked {
        pub word: Word,
        pub findings: Findings,
    }
}

/// See the module's documentation.
#[derive(LogicBlock)]
pub struct Dispatch {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, bool>,
    pub cmd_valid: Signal<In, bool>,
    pub cmd: Signal<In, Word>,
    pub cmd_ready: Signal<Out, bool>,
    /// A queue has no room for two words: in the next cycle nothing is pushed into it.
    pub filling: [Signal<In, bool>; 6],
    pub push: [Signal<Out, bool>; 6],
    pub word: Signal<Out, Word>,
    /// The dispatch registers are empty.
    pub quiet: Signal<Out, bool>,
    pub fault: Signal<Out, bool>,
    pub fault_code: Signal<Out, U<8>>,
    /// Number of the faulty word, from 0; without a fault it means nothing.
    pub fault_index: Signal<Out, U<32>>,
    check: Check,
    ruling: Ruling,
    intake: Skid<Checked>,
    judged: DFF<bool>,
    /// The unit that it names, a bit each; the same if it goes there in this cycle.
    goes_to: DFF<U<6>>,
    pushes: DFF<U<6>>,
    judged_word: DFF<Word>,
    verdict: DFF<Verdict>,
    faulted: DFF<bool>,
    code: DFF<U<8>>,
    /// The word's number, a cycle late: who asks for it is far away. A word left in the cycle before.
    index: DFF<U<32>>,
    left: DFF<bool>,
    /// The dispatch register has a word that does not leave it for a queue in this cycle.
    stuck: DFF<bool>,
    goes_next: Signal<Local, U<6>>,
    fillings: Signal<Local, U<6>>,
    moves: Signal<Local, bool>,
    ready: Signal<Local, bool>,
    there: Signal<Local, bool>,
    aims: Signal<Local, U<6>>,
    legal: Signal<Local, bool>,
    waits: Signal<Local, bool>,
}

impl Dispatch {
    /// The dispatcher of a build.
    pub fn new(config: &Config) -> Self {
        Dispatch {
            clock: Default::default(),
            reset: Default::default(),
            cmd_valid: Default::default(),
            cmd: Default::default(),
            cmd_ready: Default::default(),
            filling: Default::default(),
            push: Default::default(),
            word: Default::default(),
            quiet: Default::default(),
            fault: Default::default(),
            fault_code: Default::default(),
            fault_index: Default::default(),
            check: Check::new(config),
            ruling: Default::default(),
            intake: Default::default(),
            judged: Default::default(),
            goes_to: Default::default(),
            pushes: Default::default(),
            judged_word: Default::default(),
            verdict: Default::default(),
            faulted: Default::default(),
            code: Default::default(),
            index: Default::default(),
            left: Default::default(),
            stuck: Default::default(),
            goes_next: Default::default(),
            fillings: Default::default(),
            moves: Default::default(),
            ready: Default::default(),
            there: Default::default(),
            aims: Default::default(),
            legal: Default::default(),
            waits: Default::default(),
        }
    }
}

impl Logic for Dispatch {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            judged,
            goes_to,
            pushes,
            judged_word,
            verdict,
            faulted,
            code,
            index,
            left,
            stuck
        );
        self.intake.clock.next = self.clock.val();
        self.check.word.next = self.cmd.val();
        self.ruling.findings.next = self.intake.head.val().findings;
        self.word.next = self.judged_word.q.val();
        self.fillings.next = 0.into();
        for u in 0..6 {
            self.push[u].next = self.pushes.q.val().get_bit(u);
            self.fillings.next = self.fillings.val().replace_bit(u, self.filling[u].val());
        }
        self.goes_next.next = 0.into();
        for u in 0..6 {
            self.goes_next.next = self.goes_next.val().replace_bit(
                u,
                self.intake.valid.val() && (self.ruling.verdict.val().unit == u.into()),
            );
        }
        // Behind a fault nothing is left that could.
        self.moves.next = !self.stuck.q.val();
        self.ready.next = self.intake.ready.val() && (!self.faulted.q.val());
        self.cmd_ready.next = self.ready.val();
        self.intake.push.next = self.ready.val() && self.cmd_valid.val();
        self.intake.data.next.word = self.cmd.val();
        self.intake.data.next.findings = self.check.findings.val();
        self.intake.pop.next = self.moves.val() && self.intake.valid.val();
        self.intake.reset.next = self.reset.val();
        // What will be in the dispatch register, and whether it will leave it.
        self.there.next = self.judged.q.val();
        self.aims.next = self.goes_to.q.val();
        self.legal.next = self.verdict.q.val().legal;
        if self.moves.val() {
            self.there.next = self.intake.valid.val();
            self.aims.next = self.goes_next.val();
            self.legal.next = self.ruling.verdict.val().legal;
            self.judged_word.d.next = self.intake.head.val().word;
            self.verdict.d.next = self.ruling.verdict.val();
        }
        self.waits.next = (self.aims.val() & self.fillings.val()).any();
        self.judged.d.next = self.there.val();
        self.goes_to.d.next = self.aims.val();
        self.stuck.d.next = self.there.val() && (self.waits.val() || (!self.legal.val()));
        self.pushes.d.next = 0.into();
        if self.legal.val() {
            self.pushes.d.next = self.aims.val() & (!self.fillings.val());
        }
        self.left.d.next = self.judged.q.val() && self.moves.val();
        if self.left.q.val() {
            self.index.d.next = self.index.q.val() + 1.into();
        }
        if self.judged.q.val() && (!self.verdict.q.val().legal) {
            // The words behind it are dropped.
            self.faulted.d.next = true;
            self.code.d.next = self.verdict.q.val().code;
            self.judged.d.next = false;
            self.stuck.d.next = false;
            self.goes_to.d.next = 0.into();
            self.intake.reset.next = true;
        }
        if self.reset.val() {
            self.judged.d.next = false;
            self.goes_to.d.next = 0.into();
            self.pushes.d.next = 0.into();
            self.faulted.d.next = false;
            self.code.d.next = 0.into();
            self.index.d.next = 0.into();
            self.left.d.next = false;
            self.stuck.d.next = false;
        }
        self.quiet.next = (!self.intake.valid.val()) && (!self.judged.q.val());
        self.fault.next = self.faulted.q.val();
        self.fault_code.next = self.code.q.val();
        self.fault_index.next = self.index.q.val();
    }
}
