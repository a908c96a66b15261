//! A naive einsum that shares no code with the compiler: it walks the whole index space and adds up
//! products. Slow, and meant to be obviously right.

use std::collections::HashMap;

/// One index of a term: (factor, axis) pairs and a constant.
type Index = (Vec<(usize, String)>, usize);

/// Evaluates `expr` on int8 operands `(shape, C-order values)`; the result in 64 bits, C order.
///
/// # Errors
/// A sentence, if the expression or its shapes make no sense.
pub fn einsum(
    expr: &str,
    operands: &[(Vec<usize>, &[i8])],
) -> Result<(Vec<usize>, Vec<i64>), String> {
    let (inputs, output) = match expr.split_once("->") {
        Some((inputs, output)) => (inputs, Some(output)),
        None => (expr, None),
    };
    let texts: Vec<&str> = inputs.split(',').collect();
    let words = texts
        .iter()
        .chain(&output)
        .any(|t| t.contains('(') || t.replace("...", " ").split_whitespace().count() > 1);
    if texts.len() != operands.len() {
        return Err("wrong number of operands".into());
    }
    let dots = texts
        .iter()
        .zip(operands)
        .filter(|(t, _)| t.contains("..."))
        .map(|(t, (shape, _))| shape.len() as i64 - term(t, words, 0).len() as i64)
        .max()
        .unwrap_or(0)
        .max(0) as usize;
    let mut terms = Vec::new();
    for (text, (shape, _)) in texts.iter().zip(operands) {
        let named = term(text, words, 0).len();
        let own = if text.contains("...") {
            shape.len().saturating_sub(named)
        } else {
            0
        };
        terms.push(term(text, words, own));
        if named + own != shape.len() {
            return Err(format!("rank of {text}"));
        }
    }
    let out: Vec<String> = match output {
        Some(text) => term(text, words, dots)
            .into_iter()
            .map(|(t, _)| t[0].1.clone())
            .collect(),
        None => {
            let mut all: Vec<&String> = terms
                .iter()
                .flatten()
                .flat_map(|(t, _)| t.iter().map(|(_, n)| n))
                .collect();
            all.sort();
            let once = all
                .iter()
                .filter(|n| all.iter().filter(|m| m == n).count() == 1);
            let plain = once.filter(|n| !n.starts_with('#')).map(|n| n.to_string());
            (0..dots)
                .rev()
                .map(|i| format!("#{i}"))
                .chain(plain)
                .collect()
        }
    };
    let mut size: HashMap<String, usize> = HashMap::new();
    for ((shape, _), term) in operands.iter().zip(&terms) {
        for (&n, (sum, offset)) in shape.iter().zip(term) {
            if sum.len() == 1 && sum[0].0 == 1 && *offset == 0 {
                let known = size.entry(sum[0].1.clone()).or_insert(1);
                if *known != 1 && n != 1 && *known != n {
                    return Err(format!("two sizes of {}", sum[0].1));
                }
                *known = if *known == 1 { n } else { *known };
            }
        }
    }
    // Axes that only occur in sums: as long as every index stays inside.
    let mut names: Vec<String> = terms
        .iter()
        .flatten()
        .flat_map(|(t, _)| t.iter().map(|(_, n)| n.clone()))
        .chain(out.iter().cloned())
        .collect();
    names.sort();
    names.dedup();
    for name in &names {
        if size.contains_key(name) {
            continue;
        }
        let fits = |n: usize| {
            terms.iter().zip(operands).all(|(term, (shape, _))| {
                term.iter().zip(shape).all(|((sum, offset), &d)| {
                    let reach = |(f, m): &(usize, String)| match m == name {
                        true => f * (n - 1),
                        false => f * (size.get(m).copied().unwrap_or(1) - 1),
                    };
                    !sum.iter().any(|(_, m)| m == name)
                        || sum.iter().map(reach).sum::<usize>() + offset < d
                })
            })
        };
        let largest = (1..=4096)
            .take_while(|&n| fits(n))
            .last()
            .ok_or("does not fit")?;
        size.insert(name.clone(), largest);
    }
    let shape: Vec<usize> = out.iter().map(|n| size[n]).collect();
    let inner: Vec<String> = names.iter().filter(|n| !out.contains(n)).cloned().collect();
    let order: Vec<&String> = out.iter().chain(&inner).collect();
    let depth: usize = inner.iter().map(|n| size[n]).product();
    let total: usize = order.iter().map(|n| size[*n]).product();
    let mut result = vec![0i64; shape.iter().product()];
    let mut at: HashMap<String, usize> = names.iter().map(|n| (n.clone(), 0)).collect();
    for point in 0..total {
        let mut rest = point;
        for name in order.iter().rev() {
            at.insert((*name).clone(), rest % size[*name]);
            rest /= size[*name];
        }
        let product: i64 = operands
            .iter()
            .zip(&terms)
            .map(|((shape, values), term)| {
                let mut flat = 0;
                for (&n, (sum, offset)) in shape.iter().zip(term) {
                    let index = sum.iter().map(|(f, m)| f * at[m]).sum::<usize>() + offset;
                    flat = flat * n + if n == 1 { 0 } else { index };
                }
                i64::from(values[flat])
            })
            .product();
        result[point / depth] += product;
    }
    Ok((shape, result))
}

/// The indices of a term; `...` becomes `dots` axes named `#i`, the last one `#0`.
fn term(text: &str, words: bool, dots: usize) -> Vec<Index> {
    let mut parts: Vec<String> = Vec::new();
    let spaced = text
        .replace("...", " @ ")
        .replace('(', " (")
        .replace(')', ") ");
    let mut open = String::new();
    for piece in spaced.split_whitespace() {
        if piece.starts_with('(') || !open.is_empty() {
            open += piece;
            if piece.ends_with(')') {
                parts.push(std::mem::take(&mut open));
            }
        } else if words || piece == "@" {
            parts.push(piece.to_string());
        } else {
            parts.extend(piece.chars().map(String::from));
        }
    }
    let mut indices = Vec::new();
    for part in parts {
        if part == "@" {
            indices.extend((0..dots).rev().map(|i| (vec![(1, format!("#{i}"))], 0)));
            continue;
        }
        let (mut sum, mut offset) = (Vec::new(), 0);
        for summand in part.trim_matches(['(', ')']).split('+') {
            let digits = summand.chars().take_while(char::is_ascii_digit).count();
            let factor = summand[..digits].parse().unwrap_or(1);
            let name = summand[digits..].trim_start_matches('*');
            match name {
                "" => offset += factor,
                name => sum.push((factor, name.to_string())),
            }
        }
        indices.push((sum, offset));
    }
    indices
}
