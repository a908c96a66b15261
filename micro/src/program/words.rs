//! The variables: where each is in the data memory.

use tcpu_isa::counters::COUNTERS;
use tcpu_isa::LEVELS;

use crate::assembler::Word;

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident: $len:expr,)*) => {
        words!(@at 0; $($(#[$doc])* $name: $len,)*);
    };
    (@at $at:expr; $(#[$doc:meta])* $name:ident: $len:expr, $($rest:tt)*) => {
        $(#[$doc])*
        pub const $name: Word = Word($at);
        words!(@at $at + $len; $($rest)*);
    };
    (@at $at:expr;) => {
        /// The word behind the last variable.
        pub const END: Word = Word($at);
    };
}

/// Words of a unit: semaphores from each unit, then its queue's first place and words.
pub const UNIT: u16 = 8;
/// Words of all units, or of all levels of all nests.
const ALL: u16 = 6 * LEVELS as u16;

words! {
    /// The next entry of the line's ring.
    RING_AT: 1,
    /// Of the frame that arrives: the last byte was an escape; it is no good; its bytes so far, and their CRC.
    ESCAPED: 1,
    BAD: 1,
    LENGTH: 1,
    CRC: 1,
    /// The open session, its last request, and that one's code.
    SESSION: 1,
    NUMBER: 1,
    ANSWERED: 1,
    /// Of the request: its first word, its parts, and what it gets for an answer.
    HEAD: 1,
    OP: 1,
    ASKED: 1,
    SEQUENCE: 1,
    ADDRESS: 1,
    COUNT: 1,
    SIZE: 1,
    CODE: 1,
    KIND: 1,
    /// What is at hand for a moment.
    BYTE: 1,
    VALUE: 1,
    LEFT_OF_VALUE: 1,
    T: 1,
    I: 1,
    N: 1,
    FROM: 1,
    TO: 1,
    /// From here on, all is 0 after a reset by the host. Words are taken from the buffer; how many were taken in;
    /// the buffer's first place and words.
    RUNNING: 1,
    TAKEN: 1,
    BUFFER: 1,
    BUFFERED: 1,
    /// Code of a fault; words that were legal.
    FAULT: 1,
    INDEX: 1,
    /// Words that are in queues or at work.
    INFLIGHT: 1,
    /// Something went on in this round.
    PROGRESS: 1,
    /// The cycle of the first word, and that there was one.
    BEGAN: 1,
    CLOCKED: 1,
    /// The word that waits for its queue, if one does; its unit, and eight times that.
    PENDING: 1,
    WORD: 4,
    WORD_UNIT: 1,
    WORD_UNIT8: 1,
    /// The word that a unit looks at, eight times the unit, and whom its exec signals.
    EXEC: 4,
    UNIT8: 1,
    SIGNAL: 1,
    /// [`UNIT`] words for each unit.
    UNITS: ALL,
    /// By unit and level: iterations behind the first one, strides; iterations behind the current one, and where
    /// that began. Strides and addresses are pairs, see [`super::walk`].
    BEHIND: ALL,
    STRIDE: ALL,
    LEFT: ALL,
    CORNER: ALL,
    /// Of a walk: where it starts, its levels, and the level that moved last.
    START: 1,
    WALK_LEVELS: 1,
    LEVEL: 1,
    /// Of load and store: bytes of a row.
    ROW_BYTES: 1,
    /// Of fetch, and of trfload: levels, packet, pack, tail; the walk has ended.
    FETCH: 6,
    TRFLOAD: 6,
    /// Which of them is at work. Packets that the flit still needs, those that level 0 has left; where the last one was.
    PACKETS_OF: 1,
    NEEDED: 1,
    PACKETS: 1,
    LAST: 1,
    /// A fetch is at work; whom it signals; log2 of its pack, or less than 0 if that is no power of two, and
    /// what turns a number that far to the left.
    FETCHING: 1,
    FETCH_SIGNAL: 1,
    FETCH_SHIFT: 1,
    FETCH_UNSHIFT: 1,
    /// Flits that were fetched ahead: the first one's place, and how many.
    AHEAD_FIRST: 1,
    AHEAD: 1,
    /// A contract is at work, whom it signals, and what its word says.
    CONTRACTING: 1,
    CONTRACT_SIGNAL: 1,
    CONTRACT_LEVELS: 1,
    MODE: 1,
    HOLD: 1,
    HOLD_MASK: 1,
    REDUCE: 1,
    INIT: 1,
    EMIT: 1,
    SCALES: 1,
    DIGIT: 1,
    /// Levels with one iteration; those at their first one, at their last one.
    SINGLE: 1,
    FIRSTS: 1,
    LASTS: 1,
    /// A flit is held: it.
    HELD: 1,
    HELD_LOW: 1,
    HELD_HIGH: 1,
    /// Steps of the run, steps that level 0 had left, whether it has come to its end (0), packets.
    STEPS: 1,
    STEPS_LEFT: 1,
    PART: 1,
    MOVED: 1,
    /// The next run emits rows: 1 with each step, 2 at level 0's end.
    EMITS: 1,
    /// A row waits for commit: its values; runs of values in it and their values, and from a value to the next;
    /// values of a flit; where it is.
    ROWS: 1,
    ROW: 4,
    RUNS: 1,
    RUN_VALUES: 1,
    NEXT_VALUE: 1,
    NEXT_RUN: 1,
    GROUP: 1,
    RUN: 1,
    RUN_FIRST: 1,
    IN_RUN: 1,
    AT_VALUE: 1,
    FLIT_VALUES: 1,
    /// A commit is at work, whom it signals, and what its word says; the flit that it makes.
    COMMITTING: 1,
    COMMIT_SIGNAL: 1,
    COMMIT_LEVELS: 1,
    OUT_TYPE: 1,
    FACTOR: 1,
    SHIFT: 1,
    OUT_LOW: 1,
    OUT_HIGH: 1,
    COUNTS: COUNTERS.len() as u16,
}
