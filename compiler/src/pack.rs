//! Which operand of int4 values is packed in pairs, and along which dimension.
//!
//! A multiplier with two int4 weights makes products for two results, so the pairs must lie along an axis of the
//! output that only the weights see. Where there is none, and on builds whose multipliers make one product,
//! int4 values take a byte each.

use crate::einsum::{Access, Contraction};
use crate::{resolve, CompileError, Options};

/// An operand in pairs.
#[derive(Clone, Debug)]
pub struct Packing {
    pub operand: usize,
    /// The dimension of the operand, and the contraction's axis, along which pairs lie.
    pub dimension: usize,
    pub axis: usize,
    /// How the packed operand is addressed, in bytes.
    pub access: Access,
}

/// The packing that saves most bytes.
///
/// # Errors
/// None that the expression did not have before.
pub fn choose(
    expr: &str,
    contraction: &Contraction,
    options: &Options,
) -> Result<Option<Packing>, CompileError> {
    // A single operand is multiplied with one: nothing to gain.
    if options.config.int4 < 2 || contraction.operands.len() < 2 {
        return Ok(None);
    }
    // Bytes saved, operand, dimension, axis.
    let mut best: Option<(usize, usize, usize, usize)> = None;
    for operand in (0..contraction.operands.len()).filter(|&i| options.is_int4(i)) {
        let shape = &contraction.operand_shapes[operand];
        let elements: usize = shape.iter().product();
        let longer = |(_, size): &(usize, &usize)| elements > 0 && **size > 1;
        for (dimension, &size) in shape.iter().enumerate().filter(longer) {
            let saved = elements / size * (size / 2);
            if best.is_some_and(|(most, ..)| saved <= most) {
                continue;
            }
            if let Some(axis) = free_axis(contraction, operand, dimension) {
                best = Some((saved, operand, dimension, axis));
            }
        }
    }
    let Some((_, operand, dimension, axis)) = best else {
        return Ok(None);
    };
    // The other dimensions as they lie without this one, which is outside of them.
    let mut shapes = contraction.operand_shapes.clone();
    shapes[operand][dimension] = 1;
    let mut access = resolve(expr, &shapes)?.operands.swap_remove(operand);
    let row: usize = shapes[operand].iter().product();
    access.strides[axis] = row as i64;
    Ok(Some(Packing {
        operand,
        dimension,
        axis,
        access,
    }))
}

/// The axis that alone walks a dimension, if it is an axis of the output that nothing else sees.
fn free_axis(contraction: &Contraction, operand: usize, dimension: usize) -> Option<usize> {
    let shape = &contraction.operand_shapes[operand];
    let stride: usize = shape[dimension + 1..].iter().product();
    let mut walking = (0..contraction.axes.len()).filter(|&axis| {
        let own = contraction.operands[operand].strides[axis];
        own != 0 && own as usize / stride % shape[dimension] != 0
    });
    let (axis, None) = (walking.next()?, walking.next()) else {
        return None;
    };
    let alone = (0..contraction.operands.len())
        .all(|other| (other == operand) == (contraction.operands[other].strides[axis] != 0));
    let own = &contraction.axes[axis];
    let plain = contraction.operands[operand].strides[axis] == stride as i64;
    (alone && plain && !own.reduced && own.size == shape[dimension]).then_some(axis)
}
