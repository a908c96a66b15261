//! Indices in the names of signals: `push[3 * u + 1]`.

use crate::error::Reason;

/// A name with each index computed: `push$4`.
pub fn resolve(name: &str, loops: &[(String, i64)]) -> Result<String, Reason> {
    let (mut out, mut rest) = (String::new(), name);
    while let Some(open) = rest.find('[') {
        let bad = || Reason::Unknown(name.replace('$', "."));
        let close = rest[open..].find(']').ok_or_else(bad)? + open;
        let mut parser = Parser {
            rest: &rest[open + 1..close],
            loops,
        };
        let value = parser.sum().filter(|_| parser.rest.is_empty());
        let value = value.filter(|v| *v >= 0).ok_or_else(bad)?;
        out.push_str(&rest[..open]);
        out.push_str(&format!("${value}"));
        rest = &rest[close + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

/// Sums and products of numbers and loop variables. A name has no blanks in it.
struct Parser<'a> {
    rest: &'a str,
    loops: &'a [(String, i64)],
}

impl Parser<'_> {
    fn take(&mut self, symbol: char) -> bool {
        match self.rest.strip_prefix(symbol) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn sum(&mut self) -> Option<i64> {
        let mut sum = self.product()?;
        loop {
            if self.take('+') {
                sum += self.product()?;
            } else if self.take('-') {
                sum -= self.product()?;
            } else {
                return Some(sum);
            }
        }
    }

    fn product(&mut self) -> Option<i64> {
        let mut product = self.atom()?;
        while self.take('*') {
            product *= self.atom()?;
        }
        Some(product)
    }

    fn atom(&mut self) -> Option<i64> {
        if self.take('(') {
            let inner = self.sum()?;
            return self.take(')').then_some(inner);
        }
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let end = self.rest.find(|c| !word(c)).unwrap_or(self.rest.len());
        let (token, rest) = self.rest.split_at(end);
        self.rest = rest;
        let variable = self.loops.iter().rev().find(|(name, _)| name == token);
        match variable {
            Some((_, value)) => Some(*value),
            None => token.parse().ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Indices are computed; what is not a number is refused.
    #[test]
    fn indices() {
        let loops = [("i".to_string(), 2)];
        let resolved = resolve("a[3*i+1]$b[(i-1)*4]", &loops);
        assert_eq!(resolved.as_deref(), Ok("a$7$b$4"));
        assert!(resolve("a[j]", &loops).is_err());
        assert!(resolve("a[i", &loops).is_err());
        assert!(resolve("a[0-i]", &loops).is_err());
    }
}
