//! What openFPGALoader is told, and what is refused before it starts.

use std::path::Path;

use tcpu_fpga::board::Board;
use tcpu_fpga::flash::{flash, words, FlashError, Keep};

#[test]
fn commands() {
    let said = |name: &str, keep| {
        let board = Board::named(name).unwrap();
        words(&board, keep, Path::new("a.bit")).unwrap().join(" ")
    };
    assert_eq!(
        said("ulx3s-85f", Keep::Part),
        "openFPGALoader --board ulx3s a.bit"
    );
    assert_eq!(
        said("ecpix-5", Keep::Flash),
        "openFPGALoader --board ecpix5 --write-flash a.bit"
    );
}

#[test]
fn refusals() {
    let none = Path::new("no/such.bit");
    let core = Board::named("core-ecp5").unwrap();
    let error = flash(&core, Keep::Part, none).unwrap_err();
    assert!(matches!(error, FlashError::NoBoard(_)), "{error}");
    let board = Board::named("ulx3s-85f").unwrap();
    let error = flash(&board, Keep::Part, none).unwrap_err();
    assert!(matches!(error, FlashError::File { .. }), "{error}");
}
