//! The top of a board: host link, processor and memory port.
//!
//! ```text
//! rx ──> UART ──> frames ──> server ──> command buffer ──> [ ] ──> [ FIFO ] ──> processor ──┐
//!                              │ └─────────────────────────────────────────────────────┐    │
//! tx <── UART <── frames <── answer <─── counters, status                              v    v
//!                              └─────────────────────────────────────────────────> memory port ──> memory
//! ```
//!
//! Between start and the end of a run the link does not touch the memory port, and buffered words reach the
//! processor one per cycle: a run takes exactly as long as without a link.

use rust_hdl::prelude::*;
use tcpu_isa::link::Identity;
use tcpu_isa::Config;

use crate::decode::Word;
use crate::deep_fifo::DeepFifo;
use crate::fifo::{Fifo, LARGE};
use crate::link::answer::Answer;
use crate::link::frames::{FrameReceiver, FrameSender};
use crate::link::port::MemoryPort;
use crate::link::server::Server;
use crate::link::uart::{UartReceiver, UartSender};
use crate::link::LinkConfig;
use crate::processor::Processor;
use crate::types::{Flits, U};

/// Words of the buffer before the processor.
const NEXT: usize = 4;

/// See the module's documentation. S slices, L lanes, F bytes per flit, V = F / 4, A lanes of accumulators.
#[derive(LogicBlock)]
pub struct System<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize> {
    pub clock: Signal<In, Clock>,
    /// Held for [`RESET_CYCLES`](crate::processor::RESET_CYCLES) and until `settled`, puts link and processor
    /// back to where they were after power-up. The memory goes on.
    pub reset: Signal<In, bool>,
    /// Memory owes and is owed nothing.
    pub settled: Signal<Out, bool>,
    /// The line from the host and to it.
    pub rx: Signal<In, bool>,
    pub tx: Signal<Out, bool>,
    /// For lamps: something runs; the processor has met an illegal word.
    pub busy: Signal<Out, bool>,
    pub fault: Signal<Out, bool>,
    // External memory.
    pub req_valid: Signal<Out, bool>,
    pub req_ready: Signal<In, bool>,
    pub req_write: Signal<Out, bool>,
    pub req_addr: Signal<Out, U<32>>,
    pub req_beats: Signal<Out, U<5>>,
    pub w_valid: Signal<Out, bool>,
    pub w_ready: Signal<In, bool>,
    pub w_data: Signal<Out, Flits<1, F>>,
    pub w_strb: Signal<Out, U<32>>,
    pub r_valid: Signal<In, bool>,
    pub r_ready: Signal<Out, bool>,
    pub r_data: Signal<In, Flits<1, F>>,
    receiver: UartReceiver,
    sender: UartSender,
    frames_in: FrameReceiver,
    frames_out: FrameSender,
    server: Server<F>,
    answer: Answer<F>,
    commands: DeepFifo<Word>,
    /// The next words: a register beside the block RAM and, in a large machine, where it is far from the processor, a
    /// buffer on the way. In a small one its bits would be hard to place.
    large: Constant<bool>,
    word: DFF<Word>,
    has_word: DFF<bool>,
    next: Fifo<Word>,
    /// That has room, whatever goes into it in the cycle before.
    roomy: DFF<bool>,
    port: MemoryPort<F>,
    processor: Processor<S, L, F, V, A>,
    moves: Signal<Local, bool>,
    /// A word may go to the processor; the register beside the block RAM can be emptied.
    offers: Signal<Local, bool>,
    room: Signal<Local, bool>,
    filling: Constant<U<16>>,
    occupied: Signal<Local, bool>,
    /// What the link is told of that, a cycle later: it decides long after what it does itself.
    was_occupied: DFF<bool>,
    /// A register: it has a long way. The memory port hears of it two cycles later than the processor, that has forgotten
    /// then what it asked for.
    resets: DFF<bool>,
    was_reset: DFF<bool>,
    drops: DFF<bool>,
    /// The reset of the link: a register, too. Who sends hears of it yet a cycle later: it is at the part's edge.
    relinks: DFF<bool>,
    relinks_late: DFF<bool>,
    /// The server has something to answer, and that is sent: told a cycle later.
    answers: DFF<bool>,
    answered: DFF<bool>,
}

impl<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize>
    System<S, L, F, V, A>
{
    /// A system for a build, ready to be clocked. S, L, F and V are the build's own.
    pub fn new(config: &Config, link: &LinkConfig) -> Self {
        let identity = Identity {
            config: config.clone(),
            memory: link.memory,
            kilohertz: link.kilohertz,
            receive: link.receive,
            commands: link.commands,
        };
        let mut system = System {
            clock: Default::default(),
            reset: Default::default(),
            settled: Default::default(),
            rx: Default::default(),
            tx: Default::default(),
            busy: Default::default(),
            fault: Default::default(),
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
            receiver: UartReceiver::new(link.divisor),
            sender: UartSender::new(link.divisor),
            frames_in: FrameReceiver::new(link.receive),
            frames_out: Default::default(),
            server: Default::default(),
            answer: Answer::new(identity.to_words()),
            commands: DeepFifo::new(usize::from(link.commands)),
            large: Constant::new(config.flit >= LARGE),
            word: Default::default(),
            has_word: Default::default(),
            next: Fifo::registered(NEXT),
            roomy: Default::default(),
            port: Default::default(),
            processor: Processor::new(config),
            moves: Default::default(),
            offers: Default::default(),
            room: Default::default(),
            filling: Constant::new(U::new(NEXT as u64 - 1)),
            occupied: Default::default(),
            was_occupied: Default::default(),
            resets: Default::default(),
            was_reset: Default::default(),
            drops: Default::default(),
            relinks: Default::default(),
            relinks_late: Default::default(),
            answers: Default::default(),
            answered: Default::default(),
        };
        system.connect_all();
        system
    }
}

impl<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize> Logic
    for System<S, L, F, V, A>
{
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            word,
            has_word,
            roomy,
            was_occupied,
            resets,
            was_reset,
            drops,
            relinks,
            relinks_late,
            answers,
            answered
        );
        self.receiver.clock.next = self.clock.val();
        self.sender.clock.next = self.clock.val();
        self.frames_in.clock.next = self.clock.val();
        self.frames_out.clock.next = self.clock.val();
        self.server.clock.next = self.clock.val();
        self.answer.clock.next = self.clock.val();
        self.commands.clock.next = self.clock.val();
        self.next.clock.next = self.clock.val();
        self.port.clock.next = self.clock.val();
        self.processor.clock.next = self.clock.val();

        // resets: of everything, or of the processor by the host
        self.relinks.d.next = self.reset.val();
        self.frames_in.reset.next = self.relinks.q.val();
        self.relinks_late.d.next = self.relinks.q.val();
        self.frames_out.reset.next = self.relinks_late.q.val();
        self.server.restart.next = self.relinks.q.val();
        self.answer.reset.next = self.relinks.q.val();
        self.resets.d.next = self.server.reset.val() || self.reset.val();
        self.settled.next = self.port.quiet.val();

        // from the line to the server
        self.receiver.rx.next = self.rx.val();
        self.frames_in.valid.next = self.receiver.valid.val();
        self.frames_in.value.next = self.receiver.value.val();
        self.frames_in.broken.next = self.receiver.broken.val();
        self.server.frame_valid.next = self.frames_in.frame_valid.val();
        self.server.frame.next = self.frames_in.frame.val();
        self.frames_in.frame_pop.next = self.server.frame_pop.val();
        self.server.byte.next = self.frames_in.byte.val();
        self.frames_in.byte_pop.next = self.server.byte_pop.val();

        // from the answer to the line
        self.answers.d.next = self.server.answer.val();
        self.answer.start.next = self.answers.q.val();
        self.answer.head0.next = self.server.head0.val();
        self.answer.head1.next = self.server.head1.val();
        self.answer.kind.next = self.server.kind.val();
        self.answer.address.next = self.server.address.val();
        self.answer.count.next = self.server.count.val();
        self.answer.taken.next = self.server.taken.val();
        self.answer.buffered.next = self.commands.count.val();
        self.answer.fault_index.next = self.processor.fault_index.val();
        self.answer.fault_code.next = self.processor.fault_code.val();
        self.processor.counter_select.next = self.answer.select.val();
        self.answer.counter.next = self.processor.counter.val();
        self.frames_out.valid.next = self.answer.valid.val();
        self.frames_out.value.next = self.answer.value.val();
        self.frames_out.last.next = self.answer.last.val();
        self.answer.ready.next = self.frames_out.ready.val();
        self.sender.valid.next = self.frames_out.line_valid.val();
        self.sender.value.next = self.frames_out.line.val();
        self.frames_out.line_ready.next = self.sender.ready.val();
        self.tx.next = self.sender.tx.val();
        self.answered.d.next = self.answer.quiet.val()
            && self.frames_out.quiet.val()
            && (!self.answers.q.val())
            && (!self.server.answer.val());
        self.server.answered.next = self.answered.q.val();

        // commands
        self.commands.reset.next = self.resets.q.val();
        self.commands.write.next = self.server.push.val();
        self.commands.data.next = self.server.word.val();
        self.server.full.next = self.commands.full.val();
        self.room.next = self.processor.cmd_ready.val();
        if self.large.val() {
            self.room.next = self.roomy.q.val();
        }
        self.offers.next = self.commands.valid.val() && self.server.running.val();
        self.moves.next = (!self.has_word.q.val()) || self.room.val();
        self.commands.pop.next = self.offers.val() && self.moves.val();
        if self.moves.val() {
            self.word.d.next = self.commands.head.val();
            self.has_word.d.next = self.offers.val();
        }
        if self.resets.q.val() {
            self.has_word.d.next = false;
        }
        self.next.reset.next = self.resets.q.val();
        self.next.write.next = self.has_word.q.val() && self.room.val() && self.large.val();
        self.next.data.next = self.word.q.val();
        self.roomy.d.next = self.next.count.val() < self.filling.val();
        self.next.pop.next = self.next.valid.val() && self.processor.cmd_ready.val();
        self.processor.cmd.next = self.word.q.val();
        self.processor.cmd_valid.next = self.has_word.q.val();
        if self.large.val() {
            self.processor.cmd.next = self.next.head.val();
            self.processor.cmd_valid.next = self.next.valid.val();
        }
        self.processor.reset.next = self.resets.q.val();
        self.processor.counter_clear.next = false;

        // what goes on
        self.occupied.next = (!self.processor.idle.val())
            || (!self.port.quiet.val())
            || self.next.valid.val()
            || self.has_word.q.val()
            || (self.commands.some.val() && self.server.running.val());
        self.was_occupied.d.next = self.occupied.val();
        self.server.busy.next = self.was_occupied.q.val();
        self.server.port_quiet.next = self.port.quiet.val();
        self.server.fault.next = self.processor.fault.val();
        self.busy.next = self.was_occupied.q.val();
        self.fault.next = self.processor.fault.val();

        // memory
        self.was_reset.d.next = self.resets.q.val();
        self.drops.d.next = self.was_reset.q.val();
        self.port.reset.next = self.drops.q.val();
        self.port.link_request.next = self.server.request.val() || self.answer.request.val();
        self.port.link_write.next = self.server.request.val();
        self.port.link_at.next = self.answer.request_at.val();
        if self.server.request.val() {
            self.port.link_at.next = self.server.request_at.val();
        }
        self.server.accepted.next = self.port.link_accepted.val() && self.server.request.val();
        self.answer.accepted.next = self.port.link_accepted.val() && self.answer.request.val();
        self.port.link_w_valid.next = self.server.w_valid.val();
        self.port.link_w_data.next = self.server.w_data.val();
        self.server.w_ready.next = self.port.link_w_ready.val();
        self.port.link_r_ready.next = self.answer.r_ready.val();
        self.answer.r_valid.next = self.port.link_r_valid.val();
        self.answer.r_data.next = self.r_data.val();
        self.port.cpu_req_valid.next = self.processor.req_valid.val();
        self.processor.req_ready.next = self.port.cpu_req_ready.val();
        self.port.cpu_req_write.next = self.processor.req_write.val();
        self.port.cpu_req_addr.next = self.processor.req_addr.val();
        self.port.cpu_req_beats.next = self.processor.req_beats.val();
        self.port.cpu_w_valid.next = self.processor.w_valid.val();
        self.processor.w_ready.next = self.port.cpu_w_ready.val();
        self.port.cpu_w_data.next = self.processor.w_data.val();
        self.port.cpu_w_strb.next = self.processor.w_strb.val();
        self.processor.r_valid.next = self.port.cpu_r_valid.val();
        self.port.cpu_r_ready.next = self.processor.r_ready.val();
        self.processor.r_data.next = self.r_data.val();
        self.req_valid.next = self.port.req_valid.val();
        self.port.req_ready.next = self.req_ready.val();
        self.req_write.next = self.port.req_write.val();
        self.req_addr.next = self.port.req_addr.val();
        self.req_beats.next = self.port.req_beats.val();
        self.w_valid.next = self.port.w_valid.val();
        self.port.w_ready.next = self.w_ready.val();
        self.w_data.next = self.port.w_data.val();
        self.w_strb.next = self.port.w_strb.val();
        self.port.r_valid.next = self.r_valid.val();
        self.r_ready.next = self.port.r_ready.val();
    }
}
