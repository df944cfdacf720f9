//! For GitHub Actions: workflow commands, which it shows beside the lines of a change.

use super::Line;
use crate::cli::report::Report;
use crate::error::Result;

pub(super) fn tell(lines: &[Line], report: &Report) -> Result<()> {
    for line in lines {
        report.line(&command(line))?;
    }
    Ok(())
}

fn command(line: &Line) -> String {
    let place = match line.line {
        0 => String::new(),
        n => format!(",line={n}"),
    };
    let what = if line.what.is_empty() { String::new() } else { format!("{}: ", line.what) };
    let message = escaped(&format!("{what}{}", line.mend), &[]);
    format!(
        "::error file={}{place},title={}::{message}",
        escaped(&String::from_utf8_lossy(&line.path), &[':', ',']),
        line.rule
    )
}

/// As the runner takes it apart again: `%` and line ends everywhere, `:` and `,` in properties.
fn escaped(text: &str, more: &[char]) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if matches!(c, '%' | '\r' | '\n') || more.contains(&c) {
            out += &format!("%{:02X}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_survive_what_a_path_may_hold() {
        let line = Line {
            path: b"a,b:c%\n.py".to_vec(),
            commit: None,
            line: 3,
            rule: "generic-secret",
            what: "API_KEY".to_owned(),
            mend: "100%".to_owned(),
        };
        assert_eq!(
            command(&line),
            "::error file=a%2Cb%3Ac%25%0A.py,line=3,title=generic-secret::API_KEY: 100%25"
        );
    }
}
