//! A line that loses, changes, doubles and swaps bytes, is pulled, and a device that loses power: the result
//! is right, or there is a clear error.

mod common;

use common::{block_board, board, golden, product, roomy, sdram_board, settings, LINK};
use proptest::prelude::*;
use tcpu_fpga::link::{Client, LinkError};
use tcpu_testbench::{Faults, Line};

/// A fault of one kind in this many bytes, or never.
fn rate(often: u64) -> impl Strategy<Value = u64> {
    prop_oneof![Just(u64::MAX), often..10 * often]
}

fn any_faults(restart: u64) -> impl Strategy<Value = Faults> {
    let bytes = (rate(150), rate(150), rate(150), rate(150));
    let faults = (bytes, rate(2000), rate(restart), rate(restart));
    faults.prop_map(
        |((lose, change, double, swap), pull, restart, button)| Faults {
            lose,
            change,
            double,
            swap,
            restart,
            button,
            pull,
        },
    )
}

/// An error that says what happened.
fn clear(error: &LinkError) -> bool {
    matches!(
        error,
        LinkError::NoAnswer { .. } | LinkError::Restarted | LinkError::Restarts(_)
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// What was written is read back, whatever the line does meanwhile.
    #[test]
    fn memory_is_right(
        faults in any_faults(6000),
        seed: u64,
        writes in prop::collection::vec((0u32..16, prop::collection::vec(any::<[u8; 4]>(), 1..16)), 1..3),
    ) {
        let line = Line::new(board(LINK), faults, seed);
        let mut client = match Client::new(line, settings(seed)) {
            Ok(client) => client,
            Err(error) => {
                prop_assert!(clear(&error), "{error}");
                return Ok(());
            }
        };
        let mut model = vec![0; 4 * 32];
        let mut work = || -> Result<Vec<u8>, LinkError> {
            client.write(0, &model, &mut |_| {})?;
            for (beat, data) in &writes {
                let (at, data) = (4 * beat, data.concat());
                client.write(at, &data, &mut |_| {})?;
                model[at as usize..][..data.len()].copy_from_slice(&data);
            }
            client.read(0, model.len(), &mut |_| {})
        };
        match work() {
            Ok(bytes) => prop_assert_eq!(bytes, model),
            Err(error) => prop_assert!(clear(&error), "{error}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3))]

    /// A whole run gives the golden model's result in the predicted cycles, or an error.
    #[test]
    fn runs_are_right(faults in any_faults(3000), seed: u64) {
        let line = Line::new(board(LINK), faults, seed);
        let (compiled, image) = product(2, 4, 3);
        let run = Client::new(line, settings(seed))
            .and_then(|mut client| client.run(&compiled.program, &image, &mut |_| {}));
        match run {
            Ok(run) => {
                prop_assert_eq!(run.output, golden(&compiled, &image));
                prop_assert_eq!(run.counters, compiled.cycles.counters);
            }
            Err(error) => prop_assert!(clear(&error), "{error}"),
        }
    }
}

/// A board whose reset button is pressed in the middle of a run, whatever its memory: the run is made again, and
/// is right.
#[test]
fn the_button_is_survived() {
    roomy(press_buttons);
}

fn press_buttons() {
    let faults = Faults {
        button: 1000,
        ..Faults::NONE
    };
    let mut presses = 0;
    for seed in 1..4 {
        let board = match seed % 3 {
            0 => board(LINK),
            1 => block_board(LINK),
            _ => sdram_board(LINK),
        };
        let mut line = Line::new(board, faults, seed);
        let (compiled, image) = product(2, 4, 3);
        let mut client = Client::new(&mut line, settings(seed)).unwrap();
        let run = client.run(&compiled.program, &image, &mut |_| {}).unwrap();
        assert_eq!(run.output, golden(&compiled, &image));
        presses += line.presses;
    }
    assert!(presses > 1);
}

/// A board that is switched off and on in the middle of a run: the run is made again, and is right.
#[test]
fn a_restart_is_survived() {
    let faults = Faults {
        restart: 1000,
        ..Faults::NONE
    };
    let mut restarts = 0;
    for seed in 1..4 {
        let mut line = Line::new(board(LINK), faults, seed);
        let (compiled, image) = product(2, 4, 3);
        let mut client = Client::new(&mut line, settings(seed)).unwrap();
        let run = client.run(&compiled.program, &image, &mut |_| {}).unwrap();
        assert_eq!(run.output, golden(&compiled, &image));
        assert_eq!(run.counters, compiled.cycles.counters);
        restarts += line.restarts;
    }
    assert!(restarts > 0);
}
