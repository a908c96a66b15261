//! The folded machine's program on the engine's model: compiled contractions, and what other machines do with them.

mod common;

use common::{any_case, options, prepare, result, Case};
use proptest::prelude::*;
use tcpu_micro::run;

/// Instructions that are more than enough for the cases here.
const MOST: u64 = 50_000_000;

fn check(case: &Case) {
    let prepared = prepare(case, &options("up5k"));
    let program = &prepared.compiled.program;
    let run = run(&program.config, &program.commands, &prepared.image, MOST);
    let run = run.unwrap_or_else(|error| panic!("{case:?} {error}"));
    assert_eq!(
        result(&prepared.compiled, &run.memory),
        prepared.expected,
        "{case:?}"
    );
}

fn case(expr: &str, shapes: &[&[usize]]) -> Case {
    Case {
        expr: expr.to_string(),
        shapes: shapes.iter().map(|shape| shape.to_vec()).collect(),
        seed: 1,
        int4: [false; 3],
    }
}

/// Products of matrices, small ones and larger ones.
#[test]
fn products() {
    for (m, k, n) in [(1, 1, 1), (4, 4, 4), (17, 7, 5), (33, 47, 65), (64, 64, 64)] {
        check(&case("ij,jk->ik", &[&[m, k], &[k, n]]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Whatever contraction: the folded machine computes it.
    #[test]
    fn random(case in any_case(14)) {
        check(&case);
    }
}
