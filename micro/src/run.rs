//! Whole programs on the engine's model, without a line.

use tcpu_isa::counters::Counters;
use tcpu_isa::{encode, Command, Config};
use thiserror::Error;

use crate::assembler::AssembleError;
use crate::engine::Engine;
use crate::memory::{EXTERNAL, EXTERNAL_BYTES};
use crate::program::{self, backdoor};

/// Why a program did not come to its end.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RunError {
    #[error("preset {0} is none that the folded machine has")]
    NoFold(String),
    #[error("the image has {0} bytes, the folded machine's memory {EXTERNAL_BYTES}")]
    Image(usize),
    #[error(transparent)]
    Assemble(#[from] AssembleError),
    /// [`tcpu_isa::DecodeError::code`] and number of the word.
    #[error("word {index} is illegal (fault {code})")]
    Fault { code: u32, index: u32 },
    #[error("the program has not ended after {0} instructions of the engine")]
    Stuck(u64),
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub memory: Vec<u8>,
    pub counters: Counters,
    /// Instructions of the engine.
    pub instructions: u64,
}

/// Runs commands on external memory `image`, for so many of the engine's instructions at most.
///
/// # Errors
/// A build that does not fold, an image that is too large, a fault, a program that does not end.
pub fn run(
    config: &Config,
    commands: &[Command],
    image: &[u8],
    most: u64,
) -> Result<Run, RunError> {
    if image.len() > EXTERNAL_BYTES {
        return Err(RunError::Image(image.len()));
    }
    let (mut engine, round) = engine(config)?;
    engine.datapath.memory[EXTERNAL as usize..][..image.len()].copy_from_slice(image);
    let mut words = commands.iter().map(encode).peekable();
    let mut instructions = 0;
    loop {
        while let Some(word) = words.next_if(|_| backdoor::has_room(&engine)) {
            backdoor::push(&mut engine, word);
        }
        if let Some((code, index)) = backdoor::fault(&engine) {
            return Err(RunError::Fault { code, index });
        }
        if words.peek().is_none() && backdoor::is_idle(&engine) {
            break;
        }
        if instructions > most {
            return Err(RunError::Stuck(instructions));
        }
        instructions += to_round(&mut engine, round);
    }
    let mut counters = Counters::default();
    for (number, counter) in counters.0.iter_mut().enumerate() {
        *counter = backdoor::counter(&engine, number);
    }
    let memory = engine.datapath.memory[EXTERNAL as usize..][..image.len()].to_vec();
    Ok(Run {
        memory,
        counters,
        instructions,
    })
}

/// The fault of a command word, as the program finds it.
///
/// # Errors
/// A build that does not fold.
pub fn judge(config: &Config, word: u128) -> Result<Option<u32>, RunError> {
    let (mut engine, round) = engine(config)?;
    backdoor::push(&mut engine, word);
    to_round(&mut engine, round);
    Ok(backdoor::fault(&engine).map(|(code, _)| code))
}

/// An engine at the beginning of its first round, and where rounds begin.
fn engine(config: &Config) -> Result<(Engine, u16), RunError> {
    if !program::folds(config) {
        return Err(RunError::NoFold(config.name.clone()));
    }
    let image = program::program(&program::identity(config, 12_000))?;
    let round = image.place("round")?;
    let mut engine = Engine::new(image.program, image.words);
    while engine.place != round {
        engine.step();
    }
    Ok((engine, round))
}

/// Plays a round; gives its instructions.
fn to_round(engine: &mut Engine, round: u16) -> u64 {
    let mut instructions = 0;
    loop {
        engine.step();
        instructions += 1;
        if engine.place == round {
            return instructions;
        }
    }
}
