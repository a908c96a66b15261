//! From indices and shapes to an affine contraction.

use std::collections::BTreeMap;

use super::parse::{show, Einsum, EinsumError, Index};

/// An axis of the iteration space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axis {
    pub name: String,
    pub size: usize,
    /// Summed over: not in the output.
    pub reduced: bool,
}

/// How a tensor (C order, contiguous) is addressed: element `offset + sum of strides * indices`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Per axis; 0 where the tensor does not see it.
    pub strides: Vec<i64>,
    pub offset: i64,
}

/// `output[..] += product of the operands`, over all indices of all axes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contraction {
    pub axes: Vec<Axis>,
    pub operands: Vec<Access>,
    pub operand_shapes: Vec<Vec<usize>>,
    pub output: Access,
    pub output_shape: Vec<usize>,
}

/// A dimension of an operand: its size, and what indexes it (with `...` spelled out).
struct Dimension {
    operand: usize,
    size: usize,
    index: Index,
}

impl Einsum {
    /// Fits the expression to operands of these shapes.
    ///
    /// # Errors
    /// The first thing that does not fit.
    pub fn resolve(&self, shapes: &[Vec<usize>]) -> Result<Contraction, EinsumError> {
        let (expected, found) = (self.operands.len(), shapes.len());
        if expected != found {
            return Err(EinsumError::Operands { expected, found });
        }
        let (dimensions, broadcast) = self.spell_out(shapes)?;
        let sizes = sizes(&dimensions)?;
        let output = self.output_axes(broadcast, &dimensions)?;
        let mut names = output.clone();
        for dimension in &dimensions {
            if let Index::Sum { terms, .. } = &dimension.index {
                for (_, name) in terms {
                    if !names.contains(name) {
                        names.push(name.clone());
                    }
                }
            }
        }
        if let Some(unknown) = output.iter().find(|name| !sizes.contains_key(*name)) {
            return Err(EinsumError::OutputUnknown(unknown.clone()));
        }
        let axes: Vec<Axis> = names
            .iter()
            .map(|name| Axis {
                name: name.clone(),
                size: sizes[name],
                reduced: !output.contains(name),
            })
            .collect();
        let volume = axes
            .iter()
            .try_fold(1u64, |n, axis| n.checked_mul(axis.size as u64));
        if volume.is_none_or(|n| n > 1 << 62) {
            return Err(EinsumError::TooLarge);
        }
        let output_shape: Vec<usize> = output.iter().map(|name| sizes[name]).collect();
        let mut operands = Vec::new();
        for (operand, shape) in shapes.iter().enumerate() {
            let mut access = Access {
                strides: vec![0; names.len()],
                offset: 0,
            };
            let own = dimensions.iter().filter(|d| d.operand == operand);
            for (dimension, stride) in own.zip(strides(shape)) {
                access.add(dimension, stride, &names);
            }
            operands.push(access);
        }
        let mut out = Access {
            strides: vec![0; names.len()],
            offset: 0,
        };
        for (at, stride) in strides(&output_shape).into_iter().enumerate() {
            out.strides[at] = stride;
        }
        let operand_shapes = shapes.to_vec();
        Ok(Contraction {
            axes,
            operands,
            operand_shapes,
            output: out,
            output_shape,
        })
    }

    /// Every dimension of every operand with its index; the dimensions that `...` stands for get the
    /// names `...0` (the last), `...1` and so on. Also how many of those there are.
    fn spell_out(&self, shapes: &[Vec<usize>]) -> Result<(Vec<Dimension>, usize), EinsumError> {
        let mut dimensions = Vec::new();
        let mut broadcast = 0;
        for (operand, (term, shape)) in self.operands.iter().zip(shapes).enumerate() {
            let named = term.iter().filter(|i| **i != Index::Ellipsis).count();
            let has_ellipsis = named != term.len();
            let rank = shape.len();
            if rank < named || (rank > named && !has_ellipsis) {
                return Err(EinsumError::Rank {
                    operand: operand + 1,
                    rank,
                    named,
                });
            }
            broadcast = broadcast.max(rank - named);
            let mut indices = Vec::new();
            for index in term {
                match index {
                    Index::Ellipsis => {
                        let names = (0..rank - named).rev().map(|i| format!("...{i}"));
                        indices.extend(names.map(plain));
                    }
                    index => indices.push(index.clone()),
                }
            }
            let sized = shape.iter().zip(indices);
            dimensions.extend(sized.map(|(&size, index)| Dimension {
                operand,
                size,
                index,
            }));
        }
        Ok((dimensions, broadcast))
    }

    /// Names of the output's axes.
    fn output_axes(
        &self,
        broadcast: usize,
        dimensions: &[Dimension],
    ) -> Result<Vec<String>, EinsumError> {
        let ellipsis = || (0..broadcast).rev().map(|i| format!("...{i}"));
        let Some(output) = &self.output else {
            // Implicit: what occurs once, sorted, behind the broadcast dimensions.
            let mut count: BTreeMap<&str, usize> = BTreeMap::new();
            for dimension in dimensions {
                if let Index::Sum { terms, .. } = &dimension.index {
                    for (_, name) in terms {
                        *count.entry(name).or_default() += 1;
                    }
                }
            }
            let once = count
                .iter()
                .filter(|(name, n)| **n == 1 && !name.starts_with('.'));
            return Ok(ellipsis()
                .chain(once.map(|(name, _)| name.to_string()))
                .collect());
        };
        let mut names: Vec<String> = Vec::new();
        for index in output {
            match index.plain() {
                None => names.extend(ellipsis()),
                Some(name) if names.iter().any(|n| n == name) => {
                    return Err(EinsumError::OutputRepeats(name.to_string()));
                }
                Some(name) => names.push(name.to_string()),
            }
        }
        if broadcast > 0 && !output.contains(&Index::Ellipsis) {
            return Err(EinsumError::OutputEllipsis);
        }
        Ok(names)
    }
}

impl Access {
    /// Adds one dimension with its element stride. Size 1 under a plain axis is broadcast: stride 0.
    fn add(&mut self, dimension: &Dimension, stride: i64, names: &[String]) {
        let Index::Sum { terms, offset } = &dimension.index else {
            return;
        };
        if dimension.index.plain().is_some() && dimension.size == 1 {
            return;
        }
        self.offset += offset * stride;
        for (factor, name) in terms {
            if let Some(at) = names.iter().position(|n| n == name) {
                self.strides[at] += factor * stride;
            }
        }
    }
}

fn plain(name: String) -> Index {
    Index::Sum {
        terms: vec![(1, name)],
        offset: 0,
    }
}

/// Element strides of a C-order tensor.
fn strides(shape: &[usize]) -> Vec<i64> {
    let mut stride = 1i64;
    let mut strides: Vec<i64> = shape
        .iter()
        .rev()
        .map(|&size| {
            let own = stride;
            stride = stride.saturating_mul(size as i64);
            own
        })
        .collect();
    strides.reverse();
    strides
}

/// The size of every axis.
fn sizes(dimensions: &[Dimension]) -> Result<BTreeMap<String, usize>, EinsumError> {
    let mut sizes: BTreeMap<String, usize> = BTreeMap::new();
    for dimension in dimensions {
        let Some(name) = dimension.index.plain() else {
            continue;
        };
        let known = sizes.entry(name.to_string()).or_insert(dimension.size);
        if *known == 1 {
            *known = dimension.size;
        }
        if dimension.size != 1 && *known != dimension.size {
            let (first, second) = (*known, dimension.size);
            if name.starts_with('.') {
                return Err(EinsumError::Broadcast { first, second });
            }
            let (axis, operand) = (name.to_string(), dimension.operand + 1);
            return Err(EinsumError::TwoSizes {
                axis,
                first,
                second,
                operand,
            });
        }
    }
    let sums: Vec<&Dimension> = dimensions
        .iter()
        .filter(|d| d.index.plain().is_none())
        .collect();
    loop {
        let mut found: BTreeMap<String, usize> = BTreeMap::new();
        let mut unknown = None;
        for dimension in &sums {
            let Index::Sum { terms, offset } = &dimension.index else {
                continue;
            };
            let open: Vec<_> = terms
                .iter()
                .filter(|(_, n)| !sizes.contains_key(n))
                .collect();
            let Some((_, name)) = open.first() else {
                continue;
            };
            unknown = Some(name.clone());
            if open.iter().any(|(_, n)| n != name) {
                continue;
            }
            let known: i64 = terms
                .iter()
                .filter_map(|(f, n)| sizes.get(n).map(|&s| f * (s as i64 - 1)))
                .sum();
            let factor: i64 = open.iter().map(|(f, _)| f).sum();
            let room = dimension.size as i64 - 1 - offset - known;
            if room < 0 {
                return Err(does_not_fit(dimension, known + offset + 1));
            }
            let size = (room / factor) as usize + 1;
            let least = found.entry(name.clone()).or_insert(size);
            *least = size.min(*least);
        }
        match (found.is_empty(), unknown) {
            (true, None) => break,
            (true, Some(name)) => return Err(EinsumError::Unsized(name)),
            (false, _) => sizes.extend(found),
        }
    }
    for dimension in sums {
        let Index::Sum { terms, offset } = &dimension.index else {
            continue;
        };
        let reach: i64 = terms.iter().map(|(f, n)| f * (sizes[n] as i64 - 1)).sum();
        if reach + offset + 1 > dimension.size as i64 {
            return Err(does_not_fit(dimension, reach + offset + 1));
        }
    }
    Ok(sizes)
}

fn does_not_fit(dimension: &Dimension, needed: i64) -> EinsumError {
    EinsumError::DoesNotFit {
        operand: dimension.operand + 1,
        index: show(&dimension.index),
        needed,
        size: dimension.size,
    }
}
