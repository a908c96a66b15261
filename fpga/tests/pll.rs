//! The PLL's dividers are legal and make the clock that was asked for.

use proptest::prelude::*;
use tcpu_fpga::board::{names, Board, Family};
use tcpu_fpga::pll::{Pll, PllError, DETECTOR, DIVIDERS, OSCILLATOR};

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

proptest! {
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

/// Every ECP5 board gets its processor's clock.
#[test]
fn boards() {
    let all = names().into_iter().map(|name| Board::named(name).unwrap());
    for board in all.filter(|board| board.family == Family::Ecp5) {
        check(board.clock.megahertz, board.clock.processor);
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
