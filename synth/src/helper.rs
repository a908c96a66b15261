//! Operations that Verilog has no operator for: each becomes a function of the module that uses it.

use std::fmt::Write;

use crate::kind::Kind;

/// A function, by what it does and to what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Helper {
    /// `width` bits from bit `offset` on.
    Cut {
        from: usize,
        offset: usize,
        width: usize,
    },
    /// One of `count` elements; zero beyond the last.
    Pick {
        element: Kind,
        count: usize,
        index: usize,
    },
    /// One of `count` elements replaced; nothing beyond the last.
    Replace {
        element: Kind,
        count: usize,
        index: usize,
        whole: Kind,
    },
    /// Sum of each pair of numbers; wraps.
    Add {
        width: usize,
        dimensions: Vec<usize>,
    },
    /// Each row's elements moved up (or down) by a number of places, zeros behind.
    Move {
        up: bool,
        width: usize,
        dimensions: Vec<usize>,
        by: usize,
    },
    /// Each number times a power of two; wraps.
    Scale {
        width: usize,
        dimensions: Vec<usize>,
        by: usize,
    },
    /// Each number in another width.
    Resize {
        from: usize,
        to: usize,
        dimensions: Vec<usize>,
    },
    /// Each number times one unsigned factor.
    Factor {
        width: usize,
        dimensions: Vec<usize>,
        factor: usize,
    },
}

/// `[7:0] `, or nothing for one bit.
pub fn range(width: usize) -> String {
    match width {
        1 => String::new(),
        _ => format!("[{}:0] ", width - 1),
    }
}

/// `[offset + width - 1:offset]` of a vector of `whole` bits.
pub fn select(offset: usize, width: usize, whole: usize) -> String {
    match width {
        _ if width == whole => String::new(),
        1 => format!("[{offset}]"),
        _ => format!("[{}:{offset}]", offset + width - 1),
    }
}

fn times(dimensions: &[usize]) -> String {
    let sizes: Vec<String> = dimensions.iter().map(usize::to_string).collect();
    sizes.join("x")
}

impl Helper {
    /// Type of the result.
    pub fn kind(&self) -> Kind {
        match self {
            Helper::Cut { width, .. } => Kind::Bits(*width),
            Helper::Pick { element, .. } => element.clone(),
            Helper::Replace { whole, .. } => whole.clone(),
            Helper::Add { width, dimensions }
            | Helper::Move {
                width, dimensions, ..
            }
            | Helper::Scale {
                width, dimensions, ..
            } => Kind::array(*width, dimensions),
            Helper::Resize { to, dimensions, .. } => Kind::array(*to, dimensions),
            Helper::Factor {
                width,
                dimensions,
                factor,
            } => Kind::array(width + factor + 1, dimensions),
        }
    }

    /// The function's name.
    pub fn name(&self) -> String {
        match self {
            Helper::Cut {
                from,
                offset,
                width,
            } => format!("cut_{width}_from_{offset}_of_{from}"),
            Helper::Pick {
                element,
                count,
                index,
            } => format!("pick_{count}x{}_by_{index}", element.width()),
            Helper::Replace {
                element,
                count,
                index,
                ..
            } => format!("replace_{count}x{}_by_{index}", element.width()),
            Helper::Add { width, dimensions } => format!("add_{}_of_{width}", times(dimensions)),
            Helper::Move {
                up,
                width,
                dimensions,
                by,
            } => {
                let way = if *up { "up" } else { "down" };
                format!("move_{way}_{}_of_{width}_by_{by}", times(dimensions))
            }
            Helper::Scale {
                width,
                dimensions,
                by,
            } => format!("scale_{}_of_{width}_by_{by}", times(dimensions)),
            Helper::Resize {
                from,
                to,
                dimensions,
            } => format!("resize_{}_of_{from}_to_{to}", times(dimensions)),
            Helper::Factor {
                width,
                dimensions,
                factor,
            } => format!("factor_{}_of_{width}_by_{factor}", times(dimensions)),
        }
    }

    /// The function's text, indented by one level.
    pub fn text(&self) -> String {
        let name = self.name();
        let mut out = format!("    function {}{name};\n", range(self.kind().width()));
        // Writing to a string cannot fail.
        let _ = self.body(&mut out, &name);
        out.push_str("    endfunction\n");
        out
    }

    fn body(&self, out: &mut String, name: &str) -> std::fmt::Result {
        match self {
            Helper::Cut {
                from,
                offset,
                width,
            } => {
                writeln!(out, "        input {}in_x;", range(*from))?;
                let above = from - offset - width;
                if above > 0 {
                    writeln!(out, "        reg {}unused_above;", range(above))?;
                }
                if *offset > 0 {
                    writeln!(out, "        reg {}unused_below;", range(*offset))?;
                }
                let above = if above > 0 { "unused_above, " } else { "" };
                let below = if *offset > 0 { ", unused_below" } else { "" };
                writeln!(out, "        {{{above}{name}{below}}} = in_x;")
            }
            Helper::Pick {
                element,
                count,
                index,
            } => {
                let width = element.width();
                writeln!(out, "        input {}in_x;", range(width * count))?;
                writeln!(out, "        input {}in_i;", range(*index))?;
                writeln!(out, "        case (in_i)")?;
                let whole = width * count;
                let (count, more) = cases(*count, *index);
                for i in 0..count {
                    let part = select(i * width, width, whole);
                    writeln!(out, "            {index}'d{i}: {name} = in_x{part};")?;
                }
                if more {
                    writeln!(out, "            default: {name} = {width}'d0;")?;
                }
                writeln!(out, "        endcase")
            }
            Helper::Replace {
                element,
                count,
                index,
                ..
            } => {
                let width = element.width();
                writeln!(out, "        input {}in_x;", range(width * count))?;
                writeln!(out, "        input {}in_i;", range(*index))?;
                writeln!(out, "        input {}in_v;", range(width))?;
                writeln!(out, "        begin")?;
                writeln!(out, "            {name} = in_x;")?;
                writeln!(out, "            case (in_i)")?;
                let whole = width * count;
                let (count, more) = cases(*count, *index);
                for i in 0..count {
                    let part = select(i * width, width, whole);
                    writeln!(out, "                {index}'d{i}: {name}{part} = in_v;")?;
                }
                if more {
                    writeln!(out, "                default: ;")?;
                }
                writeln!(out, "            endcase")?;
                writeln!(out, "        end")
            }
            Helper::Add { width, dimensions } => {
                let count: usize = dimensions.iter().product();
                writeln!(out, "        input {}in_a;", range(width * count))?;
                writeln!(out, "        input {}in_b;", range(width * count))?;
                let part = format!("[i * {width} +: {width}]");
                each(
                    out,
                    count,
                    &format!("{name}{part} = in_a{part} + in_b{part};"),
                )
            }
            Helper::Move {
                up,
                width,
                dimensions,
                by,
            } => {
                let (rows, row) = rows(dimensions);
                let bits = width * row;
                writeln!(out, "        input {}in_x;", range(bits * rows))?;
                writeln!(out, "        input {}in_by;", range(*by))?;
                let way = if *up { "<<" } else { ">>" };
                let part = format!("[i * {bits} +: {bits}]");
                // As many bits as the distance can have.
                let wide = by + width.ilog2() as usize + 1;
                let distance = match width.is_power_of_two() {
                    true => format!("{{in_by, {}'d0}}", width.ilog2()),
                    false => format!("({{{}'d0, in_by}} * {wide}'d{width})", wide - by),
                };
                each(
                    out,
                    rows,
                    &format!("{name}{part} = in_x{part} {way} {distance};"),
                )
            }
            Helper::Scale {
                width,
                dimensions,
                by,
            } => {
                let count: usize = dimensions.iter().product();
                writeln!(out, "        input {}in_x;", range(width * count))?;
                writeln!(out, "        input {}in_by;", range(*by))?;
                let part = format!("[i * {width} +: {width}]");
                each(out, count, &format!("{name}{part} = in_x{part} << in_by;"))
            }
            Helper::Resize {
                from,
                to,
                dimensions,
            } => {
                let count: usize = dimensions.iter().product();
                writeln!(out, "        input {}in_x;", range(from * count))?;
                let (into, low) = (format!("[i * {to} +: {to}]"), from.min(to));
                let kept = format!("in_x[i * {from} +: {low}]");
                let value = match to > from {
                    true => format!(
                        "{{{{{}{{in_x[i * {from} + {}]}}}}, {kept}}}",
                        to - from,
                        from - 1
                    ),
                    false => kept,
                };
                each(out, count, &format!("{name}{into} = {value};"))
            }
            Helper::Factor {
                width,
                dimensions,
                factor,
            } => {
                let count: usize = dimensions.iter().product();
                let product = width + factor + 1;
                writeln!(out, "        input {}in_x;", range(width * count))?;
                writeln!(out, "        input {}in_f;", range(*factor))?;
                writeln!(out, "        reg signed {}a;", range(product))?;
                writeln!(out, "        reg signed {}b;", range(product))?;
                writeln!(out, "        integer i;")?;
                writeln!(out, "        for (i = 0; i < {count}; i = i + 1) begin")?;
                let sign = format!(
                    "{{{}{{in_x[i * {width} + {}]}}}}",
                    product - width,
                    width - 1
                );
                writeln!(
                    out,
                    "            a = {{{sign}, in_x[i * {width} +: {width}]}};"
                )?;
                writeln!(out, "            b = {{{}'d0, in_f}};", product - factor)?;
                writeln!(
                    out,
                    "            {name}[i * {product} +: {product}] = a * b;"
                )?;
                writeln!(out, "        end")
            }
        }
    }
}

/// The rows of an array and their length.
fn rows(dimensions: &[usize]) -> (usize, usize) {
    match dimensions.split_last() {
        Some((row, outer)) => (outer.iter().product(), *row),
        None => (1, 1),
    }
}

/// How many elements an index of so many bits can reach, and whether it can point beyond the last.
fn cases(count: usize, index: usize) -> (usize, bool) {
    match u32::try_from(index)
        .ok()
        .and_then(|i| 1usize.checked_shl(i))
    {
        Some(reach) => (count.min(reach), count < reach),
        None => (count, true),
    }
}

/// A statement for each `i` below `count`.
fn each(out: &mut String, count: usize, statement: &str) -> std::fmt::Result {
    writeln!(out, "        integer i;")?;
    writeln!(out, "        for (i = 0; i < {count}; i = i + 1)")?;
    writeln!(out, "            {statement}")
}
