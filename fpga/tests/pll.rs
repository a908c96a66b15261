//! The PLL's dividers are legal and make the clock that was asked for.

use proptest::prelude::*;
use tcpu_fpga::board::{names, Board, Family};
use tcpu_fpga::pll::{Pll, PllError, DETECTOR, DIVIDERS, OSCILLATOR};
use tcpu_fpga::pll40::{self, Pll40};

fn check(input: u32, target: u32) {
    let pll = Pll::new(input, target).unwrap();
    let real = pll.clock(input);
    assert!(
        (real / f64::from(target) - 1.0).abs() <= 0.01,
        "{real} for {target} MHz"
    );
    for divider in [pll.reference, pll.feedback, pll.output] {
        assert!(DIVIDERS.contains(&divider), "{pll:?}");
    }
    assert!(
        OSCILLATOR.contains(&(real * f64::from(pll.output))),
        "{pll:?}"
    );
    assert!(
        DETECTOR.contains(&(f64::from(input) / f64::from(pll.reference))),
        "{pll:?}"
    );
}

fn check40(input: u32, target: u32) {
    let pll = Pll40::new(input, target).unwrap();
    let real = pll.clock(input);
    assert!((real / f64::from(target) - 1.0).abs() <= 0.01);
    assert!(pll.divr < 16 && pll.divf < 128 && (1..=6).contains(&pll.divq));
    let oscillator = real * f64::from(1 << pll.divq);
    assert!(pll40::OSCILLATOR.contains(&oscillator), "{pll:?}");
    let detector = f64::from(input) / f64::from(pll.divr + 1);
    assert!(pll40::DETECTOR.contains(&detector), "{pll:?}");
}

/// What Lattice's own calculator has for the clock of an iCEBreaker.
#[test]
fn known_dividers() {
    let pll = Pll40 {
        divr: 0,
        divf: 63,
        divq: 5,
        filter: 1,
    };
    assert_eq!(Pll40::new(12, 24), Ok(pll));
    assert!(Pll40::new(12, 600).is_err());
}

proptest! {
    /// Whatever an iCE40's PLL is said to make, it makes.
    #[test]
    fn clocks40(input in 10u32..=133, target in 9u32..=500) {
        match Pll40::new(input, target) {
            Ok(_) => check40(input, target),
            Err(error) => prop_assert_eq!(error, PllError { input, target }),
        }
    }

    /// The detector is no slower than 3.125 MHz, so not every clock is within reach; what is given is right.
    #[test]
    fn clocks(input in 8u32..=200, target in 10u32..=400) {
        match Pll::new(input, target) {
            Ok(_) => check(input, target),
            Err(error) => prop_assert_eq!(error, PllError { input, target }),
        }
    }

    /// What is a whole multiple is met exactly.
    #[test]
    fn multiples(input in 10u32..=50, factor in 1u32..=8) {
        let pll = Pll::new(input, input * factor).unwrap();
        prop_assert!((pll.clock(input) - f64::from(input * factor)).abs() < 1e-9);
    }
}

/// Every board with a PLL gets its processor's clock.
#[test]
fn boards() {
    let all = names().into_iter().map(|name| Board::named(name).unwrap());
    for board in all.filter(Board::has_pll) {
        let (input, target) = (board.clock.megahertz, board.clock.processor);
        match board.family {
            Family::Ecp5 => check(input, target),
            Family::Ice40 => check40(input, target),
            Family::Gowin => panic!("{} has no PLL", board.name),
        }
    }
}

/// Nothing is made of nothing, and nothing is made that the oscillator cannot.
#[test]
fn refused() {
    for target in [0, 1, 900] {
        let error = PllError { input: 25, target };
        assert_eq!(Pll::new(25, target), Err(error));
    }
    assert!(Pll::new(0, 100).is_err());
}
