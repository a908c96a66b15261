//! Compiled programs on the golden model, against the naive reference.

mod common;

use common::{any_case, options, prepare, result, Case};
use proptest::prelude::*;
use tcpu_golden::{race, run, Order};
use tcpu_isa::Config;

fn check(case: &Case, preset: &str) {
    let prepared = prepare(case, &options(preset));
    let program = &prepared.compiled.program;
    race::check(&program.config, &program.commands)
        .unwrap_or_else(|race| panic!("{case:?} {race}"));
    for order in [
        Order::Program,
        Order::Lowest,
        Order::Highest,
        Order::Random(case.seed),
    ] {
        let memory = run(
            &program.config,
            &program.commands,
            prepared.image.clone(),
            order,
        )
        .unwrap();
        assert_eq!(
            result(&prepared.compiled, &memory),
            prepared.expected,
            "{case:?} {order:?}"
        );
    }
}

fn table(preset: &str, cases: &[(&str, &[&[usize]])]) {
    for (expr, shapes) in cases {
        let shapes = shapes.iter().map(|s| s.to_vec()).collect();
        check(
            &Case {
                expr: expr.to_string(),
                shapes,
                seed: 1,
                int4: [false; 3],
            },
            preset,
        );
    }
}

/// Contractions of every kind.
const KINDS: &[(&str, &[&[usize]])] = &[
    ("ij,jk->ik", &[&[4, 4], &[4, 4]]),
    ("ij,jk->ik", &[&[17, 7], &[7, 5]]),
    ("ij,jk->ki", &[&[5, 9], &[9, 6]]),
    ("ij,kj->ik", &[&[5, 9], &[6, 9]]),
    ("ji,jk->ik", &[&[9, 5], &[9, 6]]),
    ("bij,bjk->bik", &[&[3, 5, 4], &[3, 4, 6]]),
    ("bhqd,bhkd->bhqk", &[&[2, 2, 5, 6], &[2, 2, 7, 6]]),
    ("i,j->ij", &[&[7], &[9]]),
    ("i,i->", &[&[33], &[33]]),
    ("i,i->i", &[&[9], &[9]]),
    ("ij->ji", &[&[5, 7]]),
    ("ii->i", &[&[7, 7]]),
    ("ii->", &[&[7, 7]]),
    ("ij->", &[&[5, 7]]),
    (",->", &[&[], &[]]),
    ("", &[&[]]),
    ("ij,ij->j", &[&[5, 7], &[5, 7]]),
    ("ij,k->k", &[&[5, 7], &[3]]),
    ("...ij,...jk", &[&[2, 1, 3, 4], &[5, 4, 2]]),
    ("ab,ab", &[&[1, 4], &[3, 4]]),
    ("ij,jk->ik", &[&[2, 0], &[0, 3]]),
    ("ij,jk->ik", &[&[0, 2], &[2, 3]]),
    ("ij,ij->ij", &[&[7, 9], &[7, 9]]),
    ("j,jil->", &[&[2], &[2, 5, 7]]),
    ("ij,jk,kl->il", &[&[5, 6], &[6, 7], &[7, 3]]),
    ("i,i,i->", &[&[9], &[9], &[9]]),
    ("i,j,k->ijk", &[&[3], &[4], &[5]]),
    ("ij,jk,kl,l->i", &[&[3, 2], &[2, 2], &[2, 1], &[1]]),
    ("ij,jk,k->i", &[&[2, 3], &[3, 300], &[300]]),
    ("abcd,cdef->abef", &[&[2, 3, 4, 2], &[4, 2, 3, 2]]),
    (
        "b (h+r) (w+s) c, r s c k -> b h w k",
        &[&[1, 6, 7, 3], &[3, 3, 3, 4]],
    ),
    (
        "b (2h+r) (2w+s) c, r s c k -> b h w k",
        &[&[2, 7, 7, 2], &[3, 3, 2, 3]],
    ),
    ("b (h+2r) c, r c k -> b h k", &[&[1, 9, 2], &[3, 2, 3]]),
    ("(h+r) (w+s) c, r s c -> h w c", &[&[6, 6, 5], &[3, 3, 5]]),
];

/// They give the exact result on the smallest machine with two products per multiplier, and on one with fewer columns
/// than products.
#[test]
fn kinds() {
    table("tiny", KINDS);
    table("max", KINDS);
}

/// Shapes of the published table that are quick to check, on the machine that the table is about, and with fewer
/// columns.
#[test]
fn matmuls_on_256_multipliers() {
    let shapes = [
        (16, 16, 16),
        (64, 64, 64),
        (17, 17, 17),
        (33, 65, 47),
        (100, 100, 100),
        (1, 256, 256),
        (128, 128, 8),
        (1024, 8, 128),
        (129, 129, 129),
    ];
    for (m, n, k) in shapes {
        let case = Case {
            expr: "ij,jk->ik".into(),
            shapes: vec![vec![m, k], vec![k, n]],
            seed: 3,
            int4: [false; 3],
        };
        check(&case, "m256");
        check(&case, "max");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Whatever contraction: the program computes it, in whichever order the units get their turns.
    #[test]
    fn random_on_small(case in any_case(9), preset in 0usize..2) {
        check(&case, Config::names()[preset]);
    }

    /// The same on the other presets, with larger sizes.
    #[test]
    fn random_on_presets(case in any_case(20), preset in 2usize..Config::names().len()) {
        check(&case, Config::names()[preset]);
    }
}
