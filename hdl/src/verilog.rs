//! What the leaf blocks' own Verilog texts share.

use tcpu_isa::layout::Field;

/// The bits that number `n` things; `n` is a power of two in every build.
pub fn log2(n: usize) -> usize {
    n.next_power_of_two().trailing_zeros() as usize
}

/// The number after that of a pointer, which goes around behind `n` things.
pub fn next(pointer: &str, n: usize) -> String {
    let bits = log2(n).max(1);
    match n > 1 && n.is_power_of_two() {
        true => format!("{pointer} + {bits}'d1"),
        false => format!(
            "({pointer} == {bits}'d{}) ? {bits}'d0 : {pointer} + {bits}'d1",
            n - 1
        ),
    }
}

/// A function `turn_left` or `turn_right`, that rotates a flit by a number of bytes, of so many bits, a power of two at a
/// time.
pub fn turn(way: &str, flit: usize, byte: usize) -> String {
    turn_by(&format!("turn_{way}"), way, flit, 0, byte)
}

/// The same under a name, by a number of so many bits of bytes, or words, of `1 << unit` bytes.
pub fn turn_by(name: &str, way: &str, flit: usize, unit: usize, number: usize) -> String {
    let bits = flit * 8;
    let by = |k: usize| {
        let cut = match way {
            "left" => bits - (8 << (unit + k)),
            _ => 8 << (unit + k),
        };
        format!(
            "        if (by[{k}]) {name} = {{{name}[{}:0], {name}[{}:{cut}]}};\n",
            cut - 1,
            bits - 1
        )
    };
    let steps: String = (0..number).map(by).collect();
    format!(
        "\
function [{bits}-1:0] {name};
    input [{bits}-1:0] x;
    input [{number}-1:0] by;
    begin
        {name} = x;
{steps}    end
endfunction
"
    )
}

/// A field's bits of a word.
pub fn part(word: &str, field: Field) -> String {
    match field.width {
        1 => format!("{word}[{}]", field.lo),
        width => format!("{word}[{}:{}]", field.lo + width - 1, field.lo),
    }
}

/// A field in `width` bits, zeros above.
pub fn unsigned(word: &str, field: Field, width: usize) -> String {
    let have = field.width as usize;
    if width < have {
        return format!("{word}[{} +: {width}]", field.lo);
    }
    match width - have {
        0 => part(word, field),
        more => format!("{{{more}'d0, {}}}", part(word, field)),
    }
}

/// A field in `width` bits, its sign above.
pub fn signed(word: &str, field: Field, width: usize) -> String {
    match width.saturating_sub(field.width as usize) {
        0 => unsigned(word, field, width),
        more => {
            let sign = field.lo + field.width - 1;
            format!("{{{{{more}{{{word}[{sign}]}}}}, {}}}", part(word, field))
        }
    }
}
