//! The folded machine on the engine's model, behind a line: what its RTL is compared with, and much faster.

use std::collections::VecDeque;

use tcpu_micro::assembler::AssembleError;
use tcpu_micro::engine::Engine;
use tcpu_micro::program::{identity, program};

use tcpu_isa::Config;

/// Cycles of an instruction.
const INSTRUCTION: u64 = 2;

/// See the module's documentation.
pub struct FoldedModel {
    engine: Engine,
    divisor: u16,
    cycle: u64,
    /// Bits of the byte that arrives, and cycles to the middle of the next one.
    arriving: Option<(u32, u16, u16)>,
    /// Levels that the line to the host still has to show, each for a bit; cycles left of the first.
    leaving: VecDeque<bool>,
    left: u16,
}

impl FoldedModel {
    /// A machine of a build that folds, after power-up, with bits of `divisor` cycles.
    ///
    /// # Errors
    /// A program that cannot be put together.
    pub fn new(
        config: &Config,
        kilohertz: u32,
        divisor: u16,
    ) -> Result<FoldedModel, AssembleError> {
        let image = program(&identity(config, kilohertz))?;
        let mut engine = Engine::new(image.program, image.words);
        // What is there when power comes is not known.
        for (i, byte) in engine.datapath.memory.iter_mut().enumerate() {
            *byte = (i.wrapping_mul(167) >> 3) as u8;
        }
        Ok(FoldedModel {
            engine,
            divisor,
            cycle: 0,
            arriving: None,
            leaving: VecDeque::new(),
            left: 0,
        })
    }

    /// Plays a cycle; gives the level of the line to the host, and whether something runs.
    pub fn cycle(&mut self, rx: bool, button: bool) -> (bool, bool) {
        let tx = self.leaving.front().copied().unwrap_or(true);
        if button {
            self.engine.reset();
        }
        self.listen(rx);
        if !self.leaving.is_empty() {
            self.left -= 1;
            if self.left == 0 {
                self.leaving.pop_front();
                self.left = self.divisor;
            }
        }
        self.cycle += 1;
        let waits = self.engine.sends() && !self.leaving.is_empty();
        if !button && !waits && self.cycle % INSTRUCTION == 0 {
            if let Some(byte) = self.engine.step() {
                self.leaving.push_back(false);
                self.leaving.extend((0..8).map(|bit| byte >> bit & 1 == 1));
                self.leaving.push_back(true);
                self.left = self.divisor;
            }
        }
        (tx, self.engine.lamp & 1 == 1)
    }

    /// Takes the level of the line from the host.
    fn listen(&mut self, rx: bool) {
        let Some((bits, byte, left)) = self.arriving else {
            if !rx {
                self.arriving = Some((0, 0, self.divisor + self.divisor / 2));
            }
            return;
        };
        if left > 1 {
            self.arriving = Some((bits, byte, left - 1));
            return;
        }
        self.arriving = match bits {
            8 => {
                self.engine.receive(byte as u8, !rx);
                None
            }
            _ => Some((bits + 1, byte | u16::from(rx) << bits, self.divisor)),
        };
    }
}
