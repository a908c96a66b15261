//! Dividers of the iCE40's PLL (SB_PLL40), with its simple feedback.
//!
//! ```text
//! input ──/(DIVR + 1)──> phase detector ──> oscillator ──┬──/2^DIVQ──> clock
//!                              ^                         │
//!                              └──────/(DIVF + 1)────────┘
//! ```

use crate::pll::{PllError, TOLERANCE};

/// What the phase detector compares and where the oscillator runs, in MHz (Lattice, FPGA-DS-02008, the PLL's timing).
pub const DETECTOR: std::ops::RangeInclusive<f64> = 10.0..=133.0;
pub const OSCILLATOR: std::ops::RangeInclusive<f64> = 533.0..=1066.0;

/// The loop filter's number for what the phase detector compares: the first whose end, in MHz, is not reached.
const FILTERS: [(f64, u32); 6] = [
    (17.0, 1),
    (26.0, 2),
    (44.0, 3),
    (66.0, 4),
    (101.0, 5),
    (f64::INFINITY, 6),
];

/// The cell's parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pll40 {
    pub divr: u32,
    pub divf: u32,
    pub divq: u32,
    pub filter: u32,
}

impl Pll40 {
    /// The dividers that come nearest to a clock, in MHz; of equal ones those with the fastest phase detector.
    ///
    /// # Errors
    /// None comes within `TOLERANCE`.
    pub fn new(input: u32, target: u32) -> Result<Pll40, PllError> {
        let mut best: Option<((f64, u32), Pll40)> = None;
        for divr in 0..16 {
            let detector = f64::from(input) / f64::from(divr + 1);
            if !DETECTOR.contains(&detector) {
                continue;
            }
            let filter = FILTERS.iter().find(|(end, _)| detector < *end);
            let filter = filter.map_or(6, |(_, number)| *number);
            for (divf, divq) in (0..128).flat_map(|divf| (1..=6).map(move |divq| (divf, divq))) {
                let pll = Pll40 {
                    divr,
                    divf,
                    divq,
                    filter,
                };
                let error = (pll.clock(input) / f64::from(target) - 1.0).abs();
                let runs = OSCILLATOR.contains(&(detector * f64::from(divf + 1)));
                if runs && error <= TOLERANCE && best.is_none_or(|(other, _)| (error, divr) < other)
                {
                    best = Some(((error, divr), pll));
                }
            }
        }
        best.map(|(_, pll)| pll).ok_or(PllError { input, target })
    }

    /// The clock that comes of an input, both in MHz.
    pub fn clock(&self, input: u32) -> f64 {
        let oscillator = f64::from(input * (self.divf + 1)) / f64::from(self.divr + 1);
        oscillator / f64::from(1u32 << self.divq)
    }
}
