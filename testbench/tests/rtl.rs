//! Compiled programs on the RTL: right, and in exactly the predicted cycles.

mod common;

use common::{any_case, options, prepare, result, Case};
use proptest::prelude::*;
use tcpu_testbench::{run_rtl, RtlOptions};

fn check(case: &Case, preset: &str, stalls: Option<u64>) {
    let prepared = prepare(case, &options(preset));
    let program = &prepared.compiled.program;
    let memory = options(preset).memory;
    let settings = RtlOptions {
        stalls,
        ..RtlOptions::default()
    };
    let run = match run_rtl(program, prepared.image.clone(), memory, &settings) {
        Ok(run) => run,
        Err(error) => panic!("{error}: {case:?} {:?}", prepared.compiled.parts),
    };
    assert_eq!(
        result(&prepared.compiled, &run.memory),
        prepared.expected,
        "{case:?}"
    );
    if stalls.is_none() {
        assert_eq!(run.cycles, prepared.compiled.cycles.total, "{case:?}");
    }
}

fn matmul(m: usize, n: usize, k: usize) -> Case {
    Case {
        expr: "ij,jk->ik".into(),
        shapes: vec![vec![m, k], vec![k, n]],
        seed: 9,
    }
}

/// Small products on every preset.
#[test]
fn small_products() {
    for preset in tcpu_isa::Config::names() {
        check(&matmul(4, 4, 4), preset, None);
        check(&matmul(17, 17, 17), preset, None);
    }
}

/// Rows of the published table.
#[test]
fn table_on_m256() {
    for (m, n, k) in [(16, 16, 16), (33, 65, 47), (64, 64, 64), (128, 128, 8)] {
        check(&matmul(m, n, k), "m256", None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever contraction: the RTL computes it, and takes the predicted cycles.
    #[test]
    fn random_on_tiny(case in any_case(9)) {
        check(&case, "tiny", None);
    }

    /// However the memory stalls: the result stays right.
    #[test]
    fn random_stalls(case in any_case(7), seed in any::<u64>()) {
        check(&case, "tiny", Some(seed));
    }
}
