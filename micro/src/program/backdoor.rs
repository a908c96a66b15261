//! What stands in for the host's link where there is no line: looks at the program's variables and sets them, between
//! two rounds.

use super::words::*;
use super::{BUFFER_AT, COMMANDS};
use crate::assembler::Word;
use crate::engine::Engine;

fn word(engine: &Engine, word: Word) -> u32 {
    engine.words[usize::from(word.0)]
}

/// Another command word can be buffered.
pub fn has_room(engine: &Engine) -> bool {
    word(engine, BUFFERED) < COMMANDS.into()
}

/// Buffers a command word, and lets the machine take it.
pub fn push(engine: &mut Engine, command: u128) {
    let place = (word(engine, BUFFER) + word(engine, BUFFERED)) % u32::from(COMMANDS);
    let at = (BUFFER_AT + 16 * place) as usize;
    engine.datapath.memory[at..][..16].copy_from_slice(&command.to_le_bytes());
    for count in [BUFFERED, TAKEN] {
        engine.words[usize::from(count.0)] += 1;
    }
    engine.words[usize::from(RUNNING.0)] = 1;
}

/// Code and number of a word that is illegal.
pub fn fault(engine: &Engine) -> Option<(u32, u32)> {
    match word(engine, FAULT) {
        0 => None,
        code => Some((code, word(engine, INDEX))),
    }
}

/// Nothing is buffered, queued or at work.
pub fn is_idle(engine: &Engine) -> bool {
    [BUFFERED, PENDING, INFLIGHT, ROWS]
        .iter()
        .all(|&of| word(engine, of) == 0)
}

/// A counter's value.
pub fn counter(engine: &Engine, number: usize) -> u64 {
    word(engine, COUNTS.plus(number as u16)).into()
}
