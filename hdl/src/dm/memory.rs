//! The Verilog of DM's memories.
//!
//! ```text
//! at ──> even and odd row of the window ──> [ request ] ──> each bank: whose? [ ] ──> [ even ] [ odd ]
//!                                                                                        │       │
//! data <── turned right by byte <── [ row ] <── per byte: first or second row <── whose bank?
//! ```
//!
//! The request's registers, and each bank's own, part long ways: from the arbiter's heads to a grant, from there to the
//! banks, and from what stands beside a bank into its block RAM; the row's do the same behind them, where what comes from
//! banks all over the part is gathered and then turned.

use std::fmt::Write;

use tcpu_isa::pipeline::{READ_CYCLES, STORE_READ_CYCLES};

use crate::verilog::{log2, turn, turn_by};

/// Requests in the arbiter's order; the first three read.
const REQUESTS: [&str; 5] = ["fetch", "trfload", "store", "commit", "load"];

/// Bits of the number of bytes by which the store's window is turned on its way from the slices, which is long; by the
/// rest it is turned behind that. A flit has four bytes at least.
const LESS: usize = 1;

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
        out.push_str(&turn("left", self.flit, self.byte));
        out.push_str(&turn("right", self.flit, self.byte));
        out.push_str(&turn_by("turn_less", "right", self.flit, 0, LESS));
        out.push_str(&turn_by(
            "turn_rest",
            "right",
            self.flit,
            LESS,
            self.byte - LESS,
        ));
        for (i, name) in REQUESTS.into_iter().enumerate() {
            self.place(out, name, i)?;
        }
        for name in &REQUESTS[3..] {
            self.enables(out, name)?;
        }
        self.writes(out)?;
        self.memories(out)?;
        for name in &REQUESTS[..3] {
            self.answer(out, name)?;
        }
        let unused = REQUESTS
            .iter()
            .enumerate()
            .map(|(i, name)| format!("{name}_at, {name}_even_1, {name}_odd_1, banks_{i}"));
        let turns = REQUESTS.iter().map(|name| format!("{name}_turn"));
        let ends = REQUESTS[3..].iter().map(|name| format!("{name}_end"));
        let unused: Vec<String> = unused.chain(turns).chain(ends).collect();
        writeln!(
            out,
            "wire unused_bits = &{{1'b0, store_slice, load_slice, {}}};",
            unused.join(", ")
        )
    }

    /// A register: what it has in the next cycle. It begins as zero.
    fn register(&self, out: &mut String, name: &str, width: usize, next: &str) -> std::fmt::Result {
        self.clocked(out, "", name, width, next)
    }

    /// A register whose process has an attribute.
    fn clocked(
        &self,
        out: &mut String,
        attribute: &str,
        name: &str,
        width: usize,
        next: &str,
    ) -> std::fmt::Result {
        writeln!(out, "reg [{}:0] {name};", width - 1)?;
        writeln!(out, "initial {name} = {width}'d0;")?;
        writeln!(out, "{attribute}always @(posedge clock) {name} <= {next};")
    }

    /// The same for each of so many parts, who are far from each other: synthesis does not make one of them.
    fn copies(
        &self,
        out: &mut String,
        (name, count): (&str, usize),
        width: usize,
        next: &str,
    ) -> std::fmt::Result {
        for i in 0..count {
            self.clocked(out, "(* keep *) ", &format!("{name}_{i}"), width, next)?;
        }
        Ok(())
    }

    /// Where a request's window lies.
    fn place(&self, out: &mut String, name: &str, number: usize) -> std::fmt::Result {
        let (byte, row, banks, inner) = (self.byte, self.row, self.banks, self.inner);
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
        let even = format!("{half} + {{{{{top}{{1'b0}}}}, {name}_from_odd}}");
        for (parity, at) in [("odd", half), ("even", even)] {
            writeln!(out, "wire [{top}:0] {name}_{parity} = {at};")?;
            let register = format!("{name}_{parity}_1");
            self.register(out, &register, row - 1, &format!("{name}_{parity}"))?;
        }
        // A grant is the last that is known: it reaches a register or two, and meets the banks behind them.
        let asked = format!("banks_{number}[{}:0]", banks - 1);
        if name != "load" {
            self.register(out, &format!("{name}_1"), 1, name)?;
        }
        if number < 3 {
            return self.register(out, &format!("{name}_banks_1"), banks, &asked);
        }
        // A window may end in the next bank: the one that has its even row, and the one that has its odd row.
        for parity in ["even", "odd"] {
            let own = format!("{banks}'d1 << {name}_{parity}[{top}:{inner}]");
            let register = format!("{name}_{parity}_banks_1");
            self.register(out, &register, banks, &format!("{asked} & ({own})"))?;
        }
        Ok(())
    }

    /// The bytes that a write changes, in the even and in the odd row of its window.
    fn enables(&self, out: &mut String, name: &str) -> std::fmt::Result {
        let flit = self.flit;
        // Where the window begins in its pair of rows, and where it ends: each byte compares its place with both.
        let pair = format!("{{{}{{1'b1}}}}", 2 * flit);
        writeln!(
            out,
            "wire [{}:0] {name}_pair = ({pair} << {name}_byte) & ~({pair} << {name}_end[{}:0]);",
            2 * flit - 1,
            self.byte
        )?;
        for (parity, odd) in [("even", 0), ("odd", 1)] {
            let bytes = format!(
                "({name}_from_odd == 1'b{odd}) ? {name}_pair[0 +: {flit}] : {name}_pair[{flit} +: {flit}]"
            );
            self.register(out, &format!("{name}_write_{parity}_1"), flit, &bytes)?;
        }
        Ok(())
    }

    /// What commit and load write, turned to its place, and the slices that store and load mean.
    fn writes(&self, out: &mut String) -> std::fmt::Result {
        let (slices, bits, turn) = (self.slices, self.flit * 8, self.byte - 1);
        let load = format!("turn_left(load_data, load_turn[{turn}:0])");
        self.register(out, "load_data_1", bits, &load)?;
        let commit = |s| {
            format!(
                "turn_left(commit_data[{} +: {bits}], commit_turn[{turn}:0])",
                s * bits
            )
        };
        let commits: Vec<String> = (0..slices).rev().map(commit).collect();
        let commits = format!("{{{}}}", commits.join(", "));
        self.register(out, "commit_data_1", slices * bits, &commits)?;
        let number = log2(slices);
        let from = self.byte + self.row;
        for name in ["store", "load"] {
            match number {
                0 => writeln!(out, "wire {name}_slice = 1'b0;")?,
                _ => writeln!(
                    out,
                    "wire [{}:0] {name}_slice = {name}_at[{from} +: {number}];",
                    number - 1
                )?,
            }
        }
        let chosen = format!(
            "{{{slices}{{load}}}} & ({{{slices}{{load_all}}}} | ({slices}'d1 << load_slice))"
        );
        self.register(out, "load_slices_1", slices, &chosen)
    }

    fn memories(&self, out: &mut String) -> std::fmt::Result {
        let (slices, banks, flit) = (self.slices, self.banks, self.flit);
        let bits = flit * 8;
        let (top, rows) = (bits - 1, 1 << self.inner);
        let at = format!("[{}:0]", self.inner - 1);
        writeln!(out, "genvar s, b;")?;
        writeln!(out, "generate")?;
        writeln!(
            out,
            "    for (s = 0; s < {slices}; s = s + 1) begin : slice"
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
            "            wire fetch_here = fetch_1 & fetch_banks_1[b];
            wire trfload_here = trfload_1 & trfload_banks_1[b];
            wire store_here = store_1 & store_banks_1[b];
            reg commit_here, read;
            reg [{top}:0] data;
            initial begin
                commit_here = 1'b0;
                read = 1'b0;
                data = {bits}'d0;
            end
            (* keep *) always @(posedge clock) commit_here <= commit & banks_3[b];
            always @(posedge clock) begin
                read <= fetch_here | trfload_here | store_here;
                data <= commit_here ? commit_data_1[s * {bits} +: {bits}] : load_data_1;
            end"
        )?;
        for parity in ["even", "odd"] {
            writeln!(
                out,
                "
            reg [{inner}:0] {parity}_read, {parity}_write;
            reg [{flit_top}:0] {parity}_enable;
            wire {parity}_commit = commit_1 & commit_{parity}_banks_1[b];
            wire {parity}_load = load_{parity}_banks_1[b] & load_slices_1[s];
            initial begin
                {parity}_read = {inner_bits}'d0;
                {parity}_write = {inner_bits}'d0;
                {parity}_enable = {flit}'d0;
            end
            always @(posedge clock) begin
                {parity}_read <= fetch_here ? fetch_{parity}_1{at} : trfload_here ? trfload_{parity}_1{at} : store_{parity}_1{at};
                {parity}_write <= {parity}_commit ? commit_{parity}_1{at} : load_{parity}_1{at};
                {parity}_enable <= ({{{flit}{{{parity}_commit}}}} & commit_write_{parity}_1) | ({{{flit}{{{parity}_load}}}} & load_write_{parity}_1);
            end
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
                inner_bits = self.inner,
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

    /// What a reader gets, in the fifth cycle after its grant, store in the sixth. Each slice has its own registers of what
    /// chooses and turns its bytes.
    fn answer(&self, out: &mut String, name: &str) -> std::fmt::Result {
        let (flit, byte) = (self.flit, self.byte);
        let (bits, top) = (flit * 8, flit * 8 - 1);
        let bank = log2(self.banks);
        let slice = log2(self.slices);
        let (high, low) = (self.inner + bank - 1, self.inner);
        // The store wants one slice.
        let one = name == "store";
        // What is known of the window at its grant travels beside the request and the bank's and the memories' registers.
        let turned = if one { STORE_READ_CYCLES } else { READ_CYCLES };
        let mut beside = vec![
            ("byte", byte, format!("{name}_byte"), 3),
            (
                "turn",
                byte,
                format!("{name}_turn[{}:0]", byte - 1),
                turned - 1,
            ),
            ("from_odd", 1, format!("{name}_from_odd"), 3),
        ];
        if one && self.slices > 1 {
            beside.push(("slice", slice, "store_slice".to_string(), 5));
        }
        for (what, width, from, stages) in &beside {
            let mut from = from.clone();
            for stage in 1..=*stages {
                let register = format!("{name}_{what}_{stage}");
                self.register(out, &register, *width, &from)?;
                from = register;
            }
        }
        let turn = format!("{name}_turn_{}", turned - 1);
        if one {
            let rest = format!("{turn}[{}:{LESS}]", byte - 1);
            self.register(out, "store_rest", byte - LESS, &rest)?;
        } else {
            let turns = (&*format!("{name}_turn_{turned}"), self.slices);
            self.copies(out, turns, byte, &turn)?;
        }
        for parity in ["even", "odd"] {
            let at = format!("{name}_{parity}_1[{high}:{low}]");
            let number = |stage| format!("{name}_{parity}_bank_{stage}");
            self.register(out, &number(2), bank, &at)?;
            self.register(out, &number(3), bank, &number(2))?;
            self.copies(out, (&number(4), self.slices), bank, &number(3))?;
        }
        let odd =
            format!("{{{flit}{{~{name}_from_odd_3}}}} ^ ({{{flit}{{1'b1}}}} << {name}_byte_3)");
        let bytes = (&*format!("{name}_odd_bytes"), self.slices);
        self.copies(out, bytes, flit, &odd)?;
        for s in 0..self.slices {
            writeln!(out, "wire [{top}:0] {name}_odd_mask_{s};")?;
            for i in 0..flit {
                writeln!(
                    out,
                    "assign {name}_odd_mask_{s}[{}:{}] = {{8{{{name}_odd_bytes_{s}[{i}]}}}};",
                    i * 8 + 7,
                    i * 8
                )?;
            }
        }
        let row = |s: usize| {
            let word = |parity: &str| {
                format!(
                    "slice[{s}].{parity}_words[{{{name}_{parity}_bank_4_{s}, {}'d0}} +: {bits}]",
                    log2(bits)
                )
            };
            let (odd, even) = (word("odd"), word("even"));
            format!("({odd} & {name}_odd_mask_{s}) | ({even} & ~{name}_odd_mask_{s})")
        };
        for s in 0..self.slices {
            self.register(out, &format!("{name}_row_{s}"), bits, &row(s))?;
        }
        let shown: Vec<String> = if one {
            let chosen = (1..self.slices).fold("store_row_0".to_string(), |others, s| {
                format!("(store_slice_5 == {slice}'d{s}) ? store_row_{s} : {others}")
            });
            writeln!(out, "wire [{top}:0] store_chosen = {chosen};")?;
            let row = format!("turn_less(store_chosen, {turn}[{}:0])", LESS - 1);
            self.register(out, "store_row", bits, &row)?;
            vec!["turn_rest(store_row, store_rest)".to_string()]
        } else {
            (0..self.slices)
                .map(|s| format!("turn_right({name}_row_{s}, {name}_turn_{turned}_{s})"))
                .collect()
        };
        for (s, shown) in shown.iter().enumerate() {
            writeln!(out, "assign {name}_data[{} +: {bits}] = {shown};", s * bits)?;
        }
        Ok(())
    }
}
