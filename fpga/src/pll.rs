//! Dividers of the ECP5's PLL (EHXPLLL), fed back from its own output.
//!
//! ```text
//! input ──/reference──> phase detector ──> oscillator ──/output──┬──> clock
//!                             ^                                  │
//!                             └───────────/feedback──────────────┘
//! ```
//!
//! So clock = input x feedback / reference, and the oscillator runs at clock x output.

use thiserror::Error;

/// What the divider fields hold.
pub const DIVIDERS: std::ops::RangeInclusive<u32> = 1..=128;

/// Where the oscillator runs, in MHz.
pub const OSCILLATOR: std::ops::RangeInclusive<f64> = 400.0..=800.0;

/// What the phase detector compares, in MHz.
pub const DETECTOR: std::ops::RangeInclusive<f64> = 3.125..=400.0;

/// How far a clock may be from the one that was asked for.
pub const TOLERANCE: f64 = 0.01;

/// No dividers make this clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the PLL makes no {target} MHz of {input} MHz")]
pub struct PllError {
    pub input: u32,
    pub target: u32,
}

/// Dividers of a PLL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pll {
    /// CLKI_DIV.
    pub reference: u32,
    /// CLKFB_DIV.
    pub feedback: u32,
    /// CLKOP_DIV.
    pub output: u32,
}

impl Pll {
    /// The dividers that come nearest to a clock, in MHz; of equal ones those with the fastest phase detector,
    /// then those with the oscillator nearest to the middle of its range.
    ///
    /// # Errors
    /// None comes within `TOLERANCE`.
    pub fn new(input: u32, target: u32) -> Result<Pll, PllError> {
        let mut best: Option<((f64, u32, f64), Pll)> = None;
        for reference in DIVIDERS {
            let detector = f64::from(input) / f64::from(reference);
            if !DETECTOR.contains(&detector) {
                continue;
            }
            for feedback in DIVIDERS {
                let clock = detector * f64::from(feedback);
                let error = (clock / f64::from(target) - 1.0).abs();
                // Also with a target of nothing.
                if error.is_nan() || error > TOLERANCE {
                    continue;
                }
                for output in DIVIDERS {
                    let oscillator = clock * f64::from(output);
                    if !OSCILLATOR.contains(&oscillator) {
                        continue;
                    }
                    let rank = (error, reference, (oscillator - 600.0).abs());
                    if best.is_none_or(|(other, _)| rank < other) {
                        let pll = Pll {
                            reference,
                            feedback,
                            output,
                        };
                        best = Some((rank, pll));
                    }
                }
            }
        }
        best.map(|(_, pll)| pll).ok_or(PllError { input, target })
    }

    /// The clock that comes of an input, both in MHz.
    pub fn clock(&self, input: u32) -> f64 {
        f64::from(input) * f64::from(self.feedback) / f64::from(self.reference)
    }
}
