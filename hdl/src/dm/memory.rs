//! The Verilog of DM's memories.
//!
//! ```text
//! at ──> row, byte ──> even and odd row of the window ──> each bank: whose? ──> [ even ] [ odd ]
//!                                                                                  │       │
//! data <── turned right by byte <── per byte: first or second row <── whose bank? ─┴───────┘
//! ```

use std::fmt::Write;

use crate::verilog::log2;

/// Requests in the arbiter's order; the first three read.
const REQUESTS: [&str; 5] = ["fetch", "trfload", "store", "commit", "load"];

/// Sizes in bits, as the text needs them.
struct Sizes {
    slices: usize,
    flit: usize,
    banks: usize,
    /// Bits of a byte in a flit, of a row's number, and of a row's number in one memory.
    byte: usize,
    row: usize,
    inner: usize,
}

/// The text, for `slices` slices of `bytes` bytes, each in `banks` banks with rows of `flit` bytes.
pub fn text(slices: usize, flit: usize, banks: usize, bytes: usize) -> String {
    let (byte, row) = (log2(flit), log2(bytes / flit));
    let sizes = Sizes {
        slices,
        flit,
        banks,
        byte,
        row,
        inner: row - log2(banks) - 1,
    };
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = sizes.text(&mut out);
    out
}

impl Sizes {
    fn text(&self, out: &mut String) -> std::fmt::Result {
        self.turn(out, "left")?;
        self.turn(out, "right")?;
        for (i, name) in REQUESTS.into_iter().enumerate() {
            self.place(out, name, i)?;
        }
        for name in &REQUESTS[3..] {
            self.enables(out, name)?;
        }
        self.slice_numbers(out)?;
        self.memories(out)?;
        for name in &REQUESTS[..3] {
            self.answer(out, name)?;
        }
        let unused = REQUESTS
            .iter()
            .enumerate()
            .map(|(i, name)| format!("{name}_at, {name}_even, {name}_odd, banks_{i}"))
            .chain(["load_turn".to_string()]);
        let unused: Vec<String> = unused.collect();
        writeln!(
            out,
            "wire unused_bits = &{{1'b0, commit_turn, store_slice, {}}};",
            unused.join(", ")
        )
    }

    /// A function that rotates a flit by a number of bytes, a power of two at a time.
    fn turn(&self, out: &mut String, way: &str) -> std::fmt::Result {
        let (bits, byte) = (self.flit * 8, self.byte);
        writeln!(out, "function [{}:0] turn_{way};", bits - 1)?;
        writeln!(out, "    input [{}:0] x;", bits - 1)?;
        writeln!(out, "    input [{}:0] by;", byte - 1)?;
        writeln!(out, "    begin")?;
        writeln!(out, "        turn_{way} = x;")?;
        for k in 0..byte {
            let cut = match way {
                "left" => bits - (8 << k),
                _ => 8 << k,
            };
            writeln!(
                out,
                "        if (by[{k}]) turn_{way} = {{turn_{way}[{}:0], turn_{way}[{}:{cut}]}};",
                cut - 1,
                bits - 1
            )?;
        }
        writeln!(out, "    end\nendfunction")
    }

    /// Where a request's window lies.
    fn place(&self, out: &mut String, name: &str, number: usize) -> std::fmt::Result {
        let (byte, row) = (self.byte, self.row);
        writeln!(
            out,
            "// {name}: byte in the row, the pair's even and odd row, banks"
        )?;
        writeln!(
            out,
            "wire [{}:0] {name}_byte = {name}_at[{}:0];",
            byte - 1,
            byte - 1
        )?;
        writeln!(out, "wire {name}_from_odd = {name}_at[{byte}];")?;
        let half = format!("{name}_at[{}:{}]", byte + row - 1, byte + 1);
        let top = row - 2;
        writeln!(out, "wire [{top}:0] {name}_odd = {half};")?;
        writeln!(
            out,
            "wire [{top}:0] {name}_even = {half} + {{{{{top}{{1'b0}}}}, {name}_from_odd}};"
        )?;
        let banks = self.banks;
        writeln!(
            out,
            "wire [{}:0] {name}_banks = {{{banks}{{{name}}}}} & banks_{number}[{}:0];",
            banks - 1,
            banks - 1
        )
    }

    /// The bytes that a write changes, in the even and in the odd row of its window.
    fn enables(&self, out: &mut String, name: &str) -> std::fmt::Result {
        let flit = self.flit;
        let top = flit - 1;
        let ones = format!("{{{flit}{{1'b1}}}}");
        writeln!(
            out,
            "wire [{top}:0] {name}_low = ~({ones} << {name}_bytes);"
        )?;
        writeln!(
            out,
            "wire [{top}:0] {name}_bytes_at = ({name}_low << {name}_byte) | ({name}_low >> ({}'d{flit} - {{1'b0, {name}_byte}}));",
            self.byte + 1
        )?;
        writeln!(out, "wire [{top}:0] {name}_first = {ones} << {name}_byte;")?;
        writeln!(
            out,
            "wire [{top}:0] {name}_write_even = {name}_bytes_at & ({name}_from_odd ? ~{name}_first : {name}_first);"
        )?;
        writeln!(
            out,
            "wire [{top}:0] {name}_write_odd = {name}_bytes_at & ({name}_from_odd ? {name}_first : ~{name}_first);"
        )
    }

    /// The slices that store and load mean.
    fn slice_numbers(&self, out: &mut String) -> std::fmt::Result {
        let bits = log2(self.slices);
        let from = self.byte + self.row;
        for name in ["store", "load"] {
            match bits {
                0 => writeln!(out, "wire {name}_slice = 1'b0;")?,
                _ => writeln!(
                    out,
                    "wire [{}:0] {name}_slice = {name}_at[{from} +: {bits}];",
                    bits - 1
                )?,
            }
        }
        Ok(())
    }

    fn memories(&self, out: &mut String) -> std::fmt::Result {
        let (slices, banks, flit) = (self.slices, self.banks, self.flit);
        let bits = flit * 8;
        let (top, rows) = (bits - 1, 1 << self.inner);
        let at = format!("[{}:0]", self.inner - 1);
        writeln!(
            out,
            "wire [{top}:0] load_turned = turn_left(load_data, load_turn[{}:0]);",
            self.byte - 1
        )?;
        writeln!(out, "genvar s, b;")?;
        writeln!(out, "generate")?;
        writeln!(
            out,
            "    for (s = 0; s < {slices}; s = s + 1) begin : slice"
        )?;
        writeln!(
            out,
            "        wire [{top}:0] commit_turned = turn_left(commit_data[s * {bits} +: {bits}], commit_turn[{}:0]);",
            self.byte - 1
        )?;
        for parity in ["even", "odd"] {
            writeln!(out, "        wire [{}:0] {parity}_words;", banks * bits - 1)?;
        }
        writeln!(
            out,
            "        for (b = 0; b < {banks}; b = b + 1) begin : bank"
        )?;
        writeln!(
            out,
            "            wire read = fetch_banks[b] | trfload_banks[b] | store_banks[b];"
        )?;
        writeln!(
            out,
            "            wire load_here = load_banks[b] & (load_all | (load_slice == s));"
        )?;
        writeln!(
            out,
            "            wire [{top}:0] data = commit_banks[b] ? commit_turned : load_turned;"
        )?;
        for parity in ["even", "odd"] {
            writeln!(
                out,
                "
            wire [{inner}:0] {parity}_read = fetch_banks[b] ? fetch_{parity}{at} : trfload_banks[b] ? trfload_{parity}{at} : store_{parity}{at};
            wire [{inner}:0] {parity}_write = commit_banks[b] ? commit_{parity}{at} : load_{parity}{at};
            wire [{flit_top}:0] {parity}_enable = ({{{flit}{{commit_banks[b]}}}} & commit_write_{parity}) | ({{{flit}{{load_here}}}} & load_write_{parity});
            (* ram_style = \"block\", no_rw_check *)
            reg [{top}:0] {parity} [0:{last}];
            reg [{top}:0] {parity}_read_out, {parity}_out;
            integer {parity}_i;
            initial begin
                for ({parity}_i = 0; {parity}_i < {rows}; {parity}_i = {parity}_i + 1) {parity}[{parity}_i] = {{{bits}{{1'b0}}}};
                {parity}_read_out = {{{bits}{{1'b0}}}};
                {parity}_out = {{{bits}{{1'b0}}}};
            end
            always @(posedge clock) begin
                if (read) {parity}_read_out <= {parity}[{parity}_read];
                {parity}_out <= {parity}_read_out;",
                inner = self.inner - 1,
                flit_top = flit - 1,
                last = rows - 1,
            )?;
            for i in 0..flit {
                writeln!(
                    out,
                    "                if ({parity}_enable[{i}]) {parity}[{parity}_write][{}:{}] <= data[{}:{}];",
                    i * 8 + 7,
                    i * 8,
                    i * 8 + 7,
                    i * 8
                )?;
            }
            writeln!(out, "            end")?;
            writeln!(
                out,
                "            assign {parity}_words[b * {bits} +: {bits}] = {parity}_out;"
            )?;
        }
        writeln!(out, "        end\n    end\nendgenerate")
    }

    /// What a reader gets, in the second cycle after its grant.
    fn answer(&self, out: &mut String, name: &str) -> std::fmt::Result {
        let (flit, byte) = (self.flit, self.byte);
        let (bits, top) = (flit * 8, flit * 8 - 1);
        let bank = log2(self.banks);
        let slice = log2(self.slices).max(1);
        let (high, low) = (self.inner + bank - 1, self.inner);
        // What is known of the window at its grant travels beside the memories' two registers.
        let mut beside = vec![
            ("byte", byte, format!("{name}_byte")),
            ("turn", byte, format!("{name}_turn[{}:0]", byte - 1)),
            ("from_odd", 1, format!("{name}_from_odd")),
            ("even_bank", bank, format!("{name}_even[{high}:{low}]")),
            ("odd_bank", bank, format!("{name}_odd[{high}:{low}]")),
        ];
        if name == "store" && self.slices > 1 {
            beside.push(("slice", slice, "store_slice".to_string()));
        }
        for (what, width, from) in &beside {
            writeln!(
                out,
                "\
reg [{top}:0] {name}_{what}_1, {name}_{what}_2;
initial begin
    {name}_{what}_1 = {width}'d0;
    {name}_{what}_2 = {width}'d0;
end
always @(posedge clock) begin
    if ({name}) {name}_{what}_1 <= {from};
    {name}_{what}_2 <= {name}_{what}_1;
end",
                top = width - 1
            )?;
        }
        let first = format!("{{{flit}{{1'b1}}}} << {name}_byte_1");
        writeln!(
            out,
            "\
reg [{last}:0] {name}_odd_bytes;
initial {name}_odd_bytes = {flit}'d0;
always @(posedge clock) {name}_odd_bytes <= {{{flit}{{~{name}_from_odd_1}}}} ^ ({first});
wire unused_{name} = &{{1'b0, {name}_turn, {name}_byte_2, {name}_from_odd_2}};
wire [{top}:0] {name}_odd_mask;",
            last = flit - 1
        )?;
        for i in 0..flit {
            writeln!(
                out,
                "assign {name}_odd_mask[{}:{}] = {{8{{{name}_odd_bytes[{i}]}}}};",
                i * 8 + 7,
                i * 8
            )?;
        }
        for s in 0..self.slices {
            let word = |parity: &str| {
                format!(
                    "slice[{s}].{parity}_words[{{{name}_{parity}_bank_2, {}'d0}} +: {bits}]",
                    log2(bits)
                )
            };
            writeln!(
                out,
                "wire [{top}:0] {name}_row_{s} = ({} & {name}_odd_mask) | ({} & ~{name}_odd_mask);",
                word("odd"),
                word("even")
            )?;
        }
        if name != "store" {
            for s in 0..self.slices {
                writeln!(
                    out,
                    "assign {name}_data[{} +: {bits}] = turn_right({name}_row_{s}, {name}_turn_2);",
                    s * bits
                )?;
            }
            return Ok(());
        }
        let mut row = "store_row_0".to_string();
        for s in 1..self.slices {
            row = format!("(store_slice_2 == {slice}'d{s}) ? store_row_{s} : {row}");
        }
        writeln!(out, "wire [{top}:0] store_row = {row};")?;
        writeln!(
            out,
            "assign store_data = turn_right(store_row, store_turn_2);"
        )
    }
}
