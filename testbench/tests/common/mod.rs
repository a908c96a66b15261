//! What the end-to-end tests share: random contractions, and a comparison of every telling.

use proptest::prelude::*;
use tcpu_compiler::{compile, Compiled, Options};
use tcpu_isa::{Config, MemoryTiming, OutType};
use tcpu_testbench::reference;

/// An expression with the shapes of its operands.
#[derive(Clone, Debug)]
pub struct Case {
    pub expr: String,
    pub shapes: Vec<Vec<usize>>,
    pub seed: u64,
    /// For each operand: its values are int4.
    pub int4: [bool; 3],
}

/// Options for a preset, with exact 32-bit results.
pub fn options(preset: &str) -> Options {
    let config = Config::preset(preset).unwrap();
    let memory = MemoryTiming {
        width: config.flit,
        latency: 20,
    };
    Options {
        config,
        memory,
        out: OutType::I32,
        mult: 1,
        shift: 0,
        int4: Vec::new(),
    }
}

/// Operand values: all of int8 or int4, their ends included.
pub fn values(seed: u64, shape: &[usize], int4: bool) -> Vec<i8> {
    let mut state = seed | 1;
    let next = |_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 56) as u8 as i8 >> if int4 { 4 } else { 0 }
    };
    (0..shape.iter().product()).map(next).collect()
}

/// Operands, compiled program and expected result of a case.
pub struct Prepared {
    pub compiled: Compiled,
    pub image: Vec<u8>,
    pub expected: Vec<i32>,
}

/// Compiles a case and evaluates it naively; shapes must agree.
pub fn prepare(case: &Case, options: &Options) -> Prepared {
    let data: Vec<Vec<i8>> = case
        .shapes
        .iter()
        .enumerate()
        .map(|(i, shape)| {
            values(
                case.seed.wrapping_add(77 * i as u64),
                shape,
                case.int4.get(i) == Some(&true),
            )
        })
        .collect();
    let operands: Vec<(Vec<usize>, &[i8])> = case
        .shapes
        .iter()
        .cloned()
        .zip(data.iter().map(Vec::as_slice))
        .collect();
    let (shape, exact) = reference::einsum(&case.expr, &operands).unwrap();
    let options = Options {
        int4: case.int4.to_vec(),
        ..options.clone()
    };
    let compiled = compile(&case.expr, &case.shapes, &options).unwrap();
    assert_eq!(compiled.program.output.shape, shape, "shape of {case:?}");
    compiled.program.check().unwrap();
    let bytes: Vec<Vec<u8>> = data
        .iter()
        .map(|d| d.iter().map(|&v| v as u8).collect())
        .collect();
    let slices: Vec<&[u8]> = bytes.iter().map(Vec::as_slice).collect();
    let image = compiled.program.image(&slices).unwrap();
    let expected = exact.iter().map(|&v| i32::try_from(v).unwrap()).collect();
    Prepared {
        compiled,
        image,
        expected,
    }
}

/// The result in a memory image, as i32.
pub fn result(compiled: &Compiled, memory: &[u8]) -> Vec<i32> {
    let bytes = compiled.program.output.of(memory).unwrap();
    bytes
        .chunks_exact(4)
        .map(|b| i32::from_le_bytes(b.try_into().unwrap()))
        .collect()
}

fn any_int4() -> impl Strategy<Value = [bool; 3]> {
    prop_oneof![2 => Just([false; 3]), 1 => any::<[bool; 3]>()]
}

/// Random contractions of one to three operands: repeated letters, missing and summed axes, sizes that
/// divide nothing or are zero, implicit and explicit output; and convolutions with strides and dilation.
pub fn any_case(max_size: usize) -> impl Strategy<Value = Case> {
    let letters = (
        prop_oneof![
            4 => prop::collection::vec(prop::collection::vec(0usize..5, 0..=3), 1..=2),
            1 => prop::collection::vec(prop::collection::vec(0usize..5, 0..=3), 3),
        ],
        prop::collection::vec(prop_oneof![30 => 1..=max_size, 1 => Just(0)], 5),
        prop::collection::vec(any::<bool>(), 5),
        0u8..4,
        any::<u64>(),
        any_int4(),
    )
        .prop_map(|(terms, sizes, keep, implicit, seed, int4)| {
            let letter = |a: &usize| char::from(b'i' + *a as u8);
            let spell = |t: &Vec<usize>| t.iter().map(letter).collect::<String>();
            let inputs: Vec<String> = terms.iter().map(spell).collect();
            let mut out: Vec<usize> = Vec::new();
            for axis in terms.iter().rev().flatten() {
                if keep[*axis] && !out.contains(axis) {
                    out.push(*axis);
                }
            }
            let mut expr = inputs.join(",");
            if implicit > 0 {
                expr = format!("{expr}->{}", spell(&out));
            }
            // Three operands: small enough that no sum can leave 32 bits.
            let most = if terms.len() > 2 { 3 } else { usize::MAX };
            let shapes = terms
                .iter()
                .map(|t| t.iter().map(|a| sizes[*a].min(most)).collect())
                .collect();
            Case {
                expr,
                shapes,
                seed,
                int4,
            }
        });
    let convolution = (
        1..=max_size,
        1usize..4,
        1usize..4,
        1usize..3,
        1usize..3,
        any::<u64>(),
        any_int4(),
    )
        .prop_map(move |(n, r, c, stride, dilation, seed, int4)| {
            let long = n + 2 + (r - 1) * dilation;
            Case {
                expr: format!("({stride}h+{dilation}r) c, r c k -> h k"),
                shapes: vec![vec![long, c], vec![r, c, 1 + n % 7]],
                seed,
                int4,
            }
        });
    prop_oneof![4 => letters, 1 => convolution]
}
