//! The sequencer of the cycle model: a loop nest that is stepped.

use tcpu_isa::{LoopLevel, LEVELS};

/// A loop nest in motion. Levels at or above `levels` do not count.
#[derive(Clone, Copy, Debug)]
pub struct Nest {
    to: [LoopLevel; LEVELS],
    levels: usize,
    index: [u16; LEVELS],
    a: [i64; LEVELS],
    b: [i64; LEVELS],
    /// Steps left, so that `valid` and `last` are one comparison.
    left: u64,
}

impl Nest {
    /// A nest that has nothing to do.
    pub fn idle() -> Nest {
        let to = [LoopLevel {
            count: 1,
            stride_a: 0,
            stride_b: 0,
        }; LEVELS];
        Nest {
            to,
            levels: 0,
            index: [0; LEVELS],
            a: [0; LEVELS],
            b: [0; LEVELS],
            left: 0,
        }
    }

    /// A nest at its first step.
    pub fn start(to: &[LoopLevel; LEVELS], levels: u8, a: i64, b: i64) -> Nest {
        let levels = levels as usize;
        let left = to[..levels].iter().map(|l| u64::from(l.count)).product();
        Nest {
            to: *to,
            levels,
            index: [0; LEVELS],
            a: [a; LEVELS],
            b: [b; LEVELS],
            left,
        }
    }

    pub fn valid(&self) -> bool {
        self.left > 0
    }

    /// The current step is the last.
    pub fn last(&self) -> bool {
        self.left == 1
    }

    pub fn a(&self) -> i64 {
        self.a[0]
    }

    pub fn b(&self) -> i64 {
        self.b[0]
    }

    /// All levels below `levels` are at their last iteration.
    pub fn below_at_last(&self, levels: u8) -> bool {
        (0..(levels as usize).min(self.levels)).all(|l| self.index[l] + 1 == self.to[l].count)
    }

    /// All levels in `mask` are at their last iteration.
    pub fn mask_at_last(&self, mask: u8) -> bool {
        (0..self.levels).all(|l| mask >> l & 1 == 0 || self.index[l] + 1 == self.to[l].count)
    }

    /// Moves on by one step; idle after the last.
    pub fn step(&mut self) {
        self.left -= 1;
        for l in 0..self.levels {
            if self.index[l] + 1 < self.to[l].count {
                self.index[l] += 1;
                let a = self.a[l] + i64::from(self.to[l].stride_a);
                let b = self.b[l] + i64::from(self.to[l].stride_b);
                for lower in 0..=l {
                    self.a[lower] = a;
                    self.b[lower] = b;
                }
                return;
            }
            self.index[l] = 0;
        }
    }
}
