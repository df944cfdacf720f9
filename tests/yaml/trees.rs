//! YAML texts made up at random: maps and lists in each other, values of every type, comments wherever they may stand.

use proptest::prelude::*;

const VALUES: [&str; 22] = [
    "x",
    "alpha beta",
    "12",
    "-7",
    "1.5",
    "1e3",
    "true",
    "'q: r'",
    "\"d\\n q\"",
    "~",
    "2020-01-02",
    "\"\"",
    "http://a.b/c?d=e",
    "a, b",
    "[1, x]",
    "{k: v, l: [m]}",
    "{}",
    "[]",
    "é ü",
    "yes",
    "0x1F",
    "\"12\"",
];

/// What makes one text: a stream of choices, each of them small.
pub fn text() -> impl Strategy<Value = String> {
    proptest::collection::vec(any::<u16>(), 40..160).prop_map(|choices| {
        let mut made = Made { choices, at: 0, lines: Vec::new(), comments: 0, step: 2 };
        made.step = if made.choose(2) == 0 { 2 } else { 4 };
        made.map(0, 0, None);
        made.remark(0);
        made.lines.join("\n") + "\n"
    })
}

struct Made {
    choices: Vec<u16>,
    at: usize,
    lines: Vec<String>,
    comments: usize,
    step: usize,
}

impl Made {
    fn choose(&mut self, of: usize) -> usize {
        self.at += 1;
        self.choices.get(self.at).map_or(0, |n| usize::from(*n) % of)
    }

    fn comment(&mut self) -> String {
        self.comments += 1;
        format!("# c{}", self.comments)
    }

    fn remark(&mut self, indent: usize) {
        let comment = |made: &mut Made, indent: usize| {
            let line = format!("{}{}", " ".repeat(indent), made.comment());
            made.lines.push(line);
        };
        match self.choose(12) {
            0 | 1 => comment(self, indent),
            2 => {
                comment(self, indent);
                comment(self, indent);
            }
            3 => self.lines.push(String::new()),
            4 => {
                comment(self, indent);
                self.lines.push(String::new());
            }
            5 => {
                self.lines.push(String::new());
                comment(self, indent);
            }
            6 => comment(self, indent.saturating_sub(2)),
            _ => {}
        }
    }

    fn push(&mut self, line: String) {
        let line = if self.choose(7) == 0 { format!("{line} {}", self.comment()) } else { line };
        self.lines.push(line);
    }

    fn below(&mut self, indent: usize, depth: usize) {
        if self.choose(3) > 0 { self.map(indent, depth, None) } else { self.list(indent, depth) }
    }

    fn map(&mut self, indent: usize, depth: usize, first: Option<&str>) {
        for at in 0..=self.choose(4) {
            let lead = first.filter(|_| at == 0).map(str::to_owned);
            if lead.is_none() {
                self.remark(indent);
            }
            let lead = lead.unwrap_or_else(|| " ".repeat(indent));
            let key = if self.choose(9) == 0 { format!("\"k {at}\"") } else { format!("k{at}") };
            match self.choose(10) {
                0 => self.lines.push(format!("{lead}{key}:")),
                1 => {
                    self.lines.push(format!("{lead}{key}: |"));
                    for line in 0..=self.choose(3) {
                        self.lines.push(format!("{}line {line}", " ".repeat(indent + self.step)));
                    }
                }
                2..=4 if depth < 4 => {
                    self.push(format!("{lead}{key}:"));
                    self.below(indent + self.step, depth + 1);
                }
                _ => {
                    let value = VALUES[self.choose(VALUES.len())];
                    self.push(format!("{lead}{key}: {value}"));
                }
            }
        }
    }

    fn list(&mut self, indent: usize, depth: usize) {
        for _ in 0..=self.choose(4) {
            self.remark(indent);
            let lead = " ".repeat(indent);
            match self.choose(6) {
                0 | 1 if depth < 4 => self.map(indent + 2, depth + 1, Some(&format!("{lead}- "))),
                2 if depth < 4 => {
                    self.lines.push(format!("{lead}-"));
                    self.below(indent + 2, depth + 1);
                }
                _ => {
                    let value = VALUES[self.choose(VALUES.len())];
                    self.push(format!("{lead}- {value}"));
                }
            }
        }
    }
}
