//! A file in conflict: our version of the lines and theirs between the marks that git uses, all of it sealed.

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::sops::store::{Format, Patch, weave};

/// Marks the lines in which two sealed files differ, time and MAC apart. Where none do, or where there is no other file,
/// empty marks at the end keep whoever reads it from taking the file for whole.
pub(super) fn mark(format: Format, ours: &[u8], theirs: Option<&[u8]>, size: usize) -> Vec<u8> {
    let theirs = theirs.map(|theirs| with_seal_of(format, ours, theirs)).unwrap_or_default();
    let theirs = if theirs.is_empty() { ours } else { &theirs };
    let (old, new) = (lines(ours), lines(theirs));
    let mark = |sign: char, word: &str| -> Vec<u8> {
        let signs: String = std::iter::repeat_n(sign, size.max(7)).collect();
        if word.is_empty() { format!("{signs}\n") } else { format!("{signs} {word}\n") }.into_bytes()
    };
    let (mut out, mut marked) = (Vec::with_capacity(2 * ours.len()), false);
    for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
        if let DiffOp::Equal { .. } = op {
            out.extend(old[op.old_range()].concat());
            continue;
        }
        marked = true;
        out.extend(mark('<', "ours"));
        out.extend(old[op.old_range()].concat());
        end(&mut out);
        out.extend(mark('=', ""));
        out.extend(new[op.new_range()].concat());
        end(&mut out);
        out.extend(mark('>', "theirs"));
    }
    if !marked {
        end(&mut out);
        for (sign, word) in [('<', "ours"), ('=', ""), ('>', "theirs")] {
            out.extend(mark(sign, word));
        }
    }
    out
}

/// A file in conflict without the lines between its marks, marks included. None where it is in no conflict.
pub(super) fn without_marked(file: &[u8]) -> Option<Vec<u8>> {
    let (mut out, mut within, mut found) = (Vec::with_capacity(file.len()), false, false);
    for line in lines(file) {
        if is_mark(line, b'<') {
            (within, found) = (true, true);
        } else if is_mark(line, b'>') {
            within = false;
        } else if !within {
            out.extend_from_slice(line);
        }
    }
    found.then_some(out)
}

/// Whether a line is a mark of this sign, of any length.
pub(super) fn is_mark(line: &[u8], sign: u8) -> bool {
    let signs = line.iter().take_while(|b| **b == sign).count();
    signs >= 7 && line.get(signs) == Some(&b' ')
}

/// With the tokens of time and MAC that the other file has: neither fits a file in conflict.
fn with_seal_of(format: Format, one: &[u8], other: &[u8]) -> Vec<u8> {
    let (Ok(from), Ok(to)) = (format.store().read(one), format.store().read(other)) else {
        return other.to_vec();
    };
    let (Some(from), Some(to)) = (from.metadata, to.metadata) else { return other.to_vec() };
    let tokens = from.modified.into_iter().chain(from.mac).zip(to.modified.into_iter().chain(to.mac));
    let patch = |(from, to): (std::ops::Range<usize>, std::ops::Range<usize>)| Patch {
        range: to,
        text: one[from].to_vec(),
    };
    weave(other, tokens.map(patch).collect())
}

fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|b| *b == b'\n').collect()
}

fn end(out: &mut Vec<u8>) {
    if out.last().is_some_and(|last| *last != b'\n') {
        out.push(b'\n');
    }
}
