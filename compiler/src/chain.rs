//! From a contraction of any number of operands to problems of two.
//!
//! ```text
//! a, b ──step 0──> digits ─┐
//!                       c ─┴─step 1──> digits ─┐
//!                                           d ─┴─step 2──> result
//! ```
//!
//! The machine multiplies bytes. What a step hands to the next is kept exactly, as signed digits of base 256
//! ([`tcpu_isa::requant::digits`]); the next step contracts one digit after the other, the most significant
//! first, and the accumulators are multiplied by 256 in between. All orders in which the operands can join are
//! compared by the multiplies and bytes that they cost.

use tcpu_isa::{int4, OutType};

use crate::einsum::Contraction;
use crate::problem::{Axis, Problem, Role};
use crate::{CompileError, Memory, Options, Packing};

/// Largest result of a step over digits: below i32 by what the last digit can take away again.
const MAX_CHAINED: u128 = 0x7e00_0000;
/// Bytes of a value in digits.
const DIGITS: usize = 4;
/// Operands up to which all orders are tried.
const MAX_TRIED: usize = 7;

/// A tensor of a step.
#[derive(Clone)]
struct Operand {
    /// Bytes per step of each axis, 0 where it does not see it.
    strides: Vec<i64>,
    ext: u32,
    /// Largest absolute value.
    bound: u128,
    /// Digits in use.
    digits: usize,
    /// It is made of pairs of int4, along the packing's axis.
    packed: bool,
}

impl Operand {
    fn sees(&self, axis: usize) -> bool {
        self.strides[axis] != 0
    }
}

/// A problem, and the multiplies that the expression asks of it.
pub(crate) type Step = (Problem, u64);

/// The problems of a contraction whose operands are at `exts`, in order; the last one makes the result.
/// `packing` says which operand is made of pairs of int4.
///
/// # Errors
/// Results that can overflow the accumulators, or too much memory for what is between the steps.
pub(crate) fn problems(
    contraction: &Contraction,
    packing: Option<&Packing>,
    exts: &[u32],
    output_ext: u32,
    options: &Options,
    memory: &mut Memory,
) -> Result<Vec<Step>, CompileError> {
    let mut operands: Vec<Operand> = contraction
        .operands
        .iter()
        .zip(exts)
        .enumerate()
        .map(|(i, (access, ext))| {
            let packed = packing.filter(|packing| packing.operand == i);
            let access = packed.map_or(access, |packing| &packing.access);
            let smallest = match options.is_int4(i) {
                true => *int4::RANGE.start(),
                false => i8::MIN,
            };
            Operand {
                strides: access.strides.clone(),
                ext: ext + access.offset as u32,
                bound: smallest.unsigned_abs().into(),
                digits: 1,
                packed: packed.is_some(),
            }
        })
        .collect();
    if operands.len() == 1 {
        // A contraction of one operand multiplies it with one.
        operands.push(Operand {
            strides: vec![0; contraction.axes.len()],
            ext: memory.constant(1)?,
            bound: 1,
            digits: 1,
            packed: false,
        });
    }
    let order = best_order(contraction, &operands);
    let mut rest = order.iter().map(|&i| operands[i].clone());
    let (Some(mut left), steps) = (rest.next(), order.len() - 1) else {
        return Ok(Vec::new());
    };
    let mut problems = Vec::new();
    for (step, right) in rest.enumerate() {
        let last = step + 1 == steps;
        let later: Vec<&Operand> = order[step + 2..].iter().map(|&i| &operands[i]).collect();
        let kept = |axis: usize| {
            !contraction.axes[axis].reduced || later.iter().any(|operand| operand.sees(axis))
        };
        let seen: Vec<usize> = (0..contraction.axes.len())
            .filter(|&axis| left.sees(axis) || right.sees(axis))
            .collect();
        let depth = seen.iter().filter(|&&axis| !kept(axis));
        let depth: u64 = depth
            .map(|&axis| contraction.axes[axis].size as u64)
            .product();
        let bound = left.bound * right.bound * u128::from(depth);
        if steps == 1 && bound > i32::MAX as u128 {
            let max = i32::MAX as u64 / (left.bound * right.bound) as u64;
            return Err(CompileError::Depth { depth, max });
        }
        if steps > 1 && bound > MAX_CHAINED {
            return Err(CompileError::Bound {
                bound,
                max: MAX_CHAINED,
            });
        }
        // Where the step's result goes: to its place, or in between, dense.
        let mut out = vec![0; contraction.axes.len()];
        let (mut ext, mut kind) = (output_ext, options.out);
        if last {
            let bytes = options.out.bytes() as i64;
            for (stride, own) in out.iter_mut().zip(&contraction.output.strides) {
                *stride = own * bytes;
            }
        } else {
            let mut bytes = DIGITS;
            for &axis in seen.iter().rev().filter(|&&axis| kept(axis)) {
                out[axis] = bytes as i64;
                bytes = bytes.saturating_mul(contraction.axes[axis].size);
            }
            ext = memory.place(&[bytes], 1)?;
            kind = OutType::Digits;
        }
        let packed = [&left, &right].iter().position(|operand| operand.packed);
        let packing = packing.filter(|_| packed.is_some());
        let mut axes: Vec<(Axis, [i64; 3])> = seen
            .iter()
            .map(|&axis| {
                let own = &contraction.axes[axis];
                let halved = packing.is_some_and(|packing| packing.axis == axis);
                let axis_of_step = Axis {
                    name: own.name.clone(),
                    size: if halved {
                        own.size.div_ceil(2)
                    } else {
                        own.size
                    },
                    reduced: !kept(axis),
                    role: Role::Index,
                };
                (
                    axis_of_step,
                    [left.strides[axis], right.strides[axis], out[axis]],
                )
            })
            .collect();
        if left.digits > 1 {
            let digit = Axis {
                name: "digit".to_string(),
                size: left.digits,
                reduced: true,
                role: Role::Digit,
            };
            axes.push((digit, [1, 0, 0]));
        }
        if let Some(Packing { axis, .. }) = packing {
            let half = Axis {
                name: "half".to_string(),
                size: 2,
                reduced: false,
                role: Role::Half,
            };
            let size = contraction.axes[*axis].size;
            axes.push((half, [0, 0, (size - size.div_ceil(2)) as i64 * out[*axis]]));
        }
        let (mult, shift) = if last {
            (options.mult, options.shift)
        } else {
            (1, 0)
        };
        let sizes = seen.iter().map(|&axis| contraction.axes[axis].size as u64);
        let macs = sizes.product::<u64>() * left.digits as u64;
        let problem = Problem {
            operand_ext: [left.ext, right.ext],
            output_ext: ext,
            step,
            chained: step > 0,
            packed,
            ..Problem::new(axes, kind, mult, shift)
        };
        problems.push((problem, macs));
        let digits = digits_for(bound);
        left = Operand {
            strides: out,
            ext: ext + (DIGITS - digits) as u32,
            bound,
            digits,
            packed: false,
        };
    }
    Ok(problems)
}

/// Digits that hold every value up to `bound`.
fn digits_for(bound: u128) -> usize {
    let largest = |digits: usize| (0..digits).fold(0u128, |most, _| most * 256 + 127);
    (2..DIGITS)
        .find(|&digits| bound <= largest(digits))
        .unwrap_or(DIGITS)
}

/// The order in which the operands join that costs least.
fn best_order(contraction: &Contraction, operands: &[Operand]) -> Vec<usize> {
    let all: Vec<usize> = (0..operands.len()).collect();
    if operands.len() <= 2 || operands.len() > MAX_TRIED {
        return all;
    }
    let mut orders = vec![Vec::new()];
    for _ in &all {
        let longer = orders.iter().flat_map(|order: &Vec<usize>| {
            let open = all.iter().filter(|i| !order.contains(i));
            open.map(|&i| order.iter().copied().chain([i]).collect())
        });
        orders = longer.collect();
    }
    // The first two are a pair without order.
    orders.retain(|order| order[0] < order[1]);
    let best = orders
        .into_iter()
        .min_by_key(|order| cost(contraction, operands, order));
    best.unwrap_or(all)
}

/// Multiplies of an order, and bytes in between.
fn cost(contraction: &Contraction, operands: &[Operand], order: &[usize]) -> u128 {
    let axes = 0..contraction.axes.len();
    let volume = |on: &dyn Fn(usize) -> bool| -> u128 {
        let sizes = axes
            .clone()
            .filter(|&axis| on(axis))
            .map(|axis| contraction.axes[axis].size);
        sizes.fold(1, |n, size| n.saturating_mul(size as u128))
    };
    let mut left: Vec<bool> = axes
        .clone()
        .map(|axis| operands[order[0]].sees(axis))
        .collect();
    let mut total = 0u128;
    for (step, &right) in order.iter().enumerate().skip(1) {
        let digits = if step == 1 { 1 } else { DIGITS as u128 };
        let both: Vec<bool> = axes
            .clone()
            .map(|axis| left[axis] || operands[right].sees(axis))
            .collect();
        total = total.saturating_add(volume(&|axis| both[axis]).saturating_mul(digits));
        let needed = |axis: usize| {
            let later = order[step + 1..].iter().any(|&i| operands[i].sees(axis));
            !contraction.axes[axis].reduced || later
        };
        left = axes
            .clone()
            .map(|axis| both[axis] && needed(axis))
            .collect();
        total = total.saturating_add(volume(&|axis| left[axis]).saturating_mul(DIGITS as u128));
    }
    total
}

/// The problem of a contraction over nothing: every result is zero.
pub(crate) fn zeros(
    contraction: &Contraction,
    output_ext: u32,
    options: &Options,
    memory: &mut Memory,
) -> Result<Step, CompileError> {
    let bytes = options.out.bytes() as i64;
    let output = contraction.axes.iter().zip(&contraction.output.strides);
    let axes = output
        .filter(|(axis, _)| !axis.reduced)
        .map(|(axis, stride)| {
            let axis = Axis {
                name: axis.name.clone(),
                size: axis.size,
                reduced: false,
                role: Role::Index,
            };
            (axis, [0, 0, stride * bytes])
        });
    let zero = memory.constant(0)?;
    let problem = Problem {
        operand_ext: [zero; 2],
        output_ext,
        ..Problem::new(axes.collect(), options.out, options.mult, options.shift)
    };
    Ok((problem, 0))
}
