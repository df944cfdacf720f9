//! What is found does not depend on where a file is cut into pieces.

use std::io::Read;

use proptest::prelude::*;

use super::*;
use crate::secret::SecretValue;

const VALUE: &str = "vT4nQ8xW2zKp6LmR9sJc3HdY";
const OTHER: &str = "hG7kW3bN9pXe5TzV1rMq8CyU";

fn guard() -> Guard {
    let value = SecretValue::new(VALUE.as_bytes().to_vec());
    let entry = Entry { file: ".env.enc".into(), key: "API_TOKEN".into(), value, version: Version::Current };
    Guard::new(Rules::default(), Known::new(vec![entry], &Spoken::default()))
}

/// Hands out a file in uneven portions, as a pipe does.
struct Pipe<'a>(&'a [u8]);

impl Read for Pipe<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = buffer.len().min(self.0.len()).min(60_001);
        buffer[..n].copy_from_slice(&self.0[..n]);
        self.0 = &self.0[n..];
        Ok(n)
    }
}

/// Line and rule of what is found.
fn found(guard: &Guard, bytes: &[u8]) -> Vec<(usize, &'static str)> {
    let mut found = Vec::new();
    let read = Scanner::new(guard).scan(&Name::of(b"a.py"), &mut Pipe(bytes), &mut found).unwrap();
    assert_eq!(read, bytes.len() as u64);
    found.iter().map(|finding| (finding.line, finding.rule)).collect()
}

fn wide(text: &str, little: bool) -> Vec<u8> {
    let bytes = |unit: u16| if little { unit.to_le_bytes() } else { unit.to_be_bytes() };
    std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(bytes).collect()
}

/// So many bytes of lines that hold nothing, and as many line ends as `lines` says.
fn filler(bytes: usize, length: usize) -> String {
    let line = format!("{}\n", "x ".repeat(length.max(2) / 2));
    let mut text = line.repeat(bytes / line.len());
    text.push_str(&" ".repeat(bytes - text.len()));
    text
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    /// Two pieces, a value that the repository seals and a guess across their border or near it.
    #[test]
    fn what_lies_across_a_border_is_found_once_in_its_line(
        near in prop_oneof![-200_i64..200, -70_000_i64..70_000],
        piece in 1_usize..3,
        length in prop_oneof![Just(8_usize), 60..200_usize, Just(6_000), Just(5 << 20)],
        known in any::<bool>(),
    ) {
        let at = (piece * WINDOW) as i64 + near;
        let planted = if known { format!("f('{VALUE}')") } else { format!("password = \"{OTHER}\"") };
        let text = format!("{}\n{planted}\n{}", filler(at as usize, length), filler(WINDOW, length));
        let line = text[..text.find(&planted).unwrap()].matches('\n').count() + 1;
        let rule = if known { "known-value" } else { "generic-secret" };
        let guard = guard();
        prop_assert_eq!(found(&guard, text.as_bytes()), [(line, rule)]);
    }

    /// The same in UTF-16, in which bytes of line ends stand in other characters too.
    #[test]
    fn wide_text_is_cut_between_its_characters(
        near in -300_i64..300,
        little in any::<bool>(),
        stuff in prop_oneof![Just("\u{4e0a}\u{0a0a} \u{0a4e}\n"), Just("\u{0a0a}"), Just("ab\n"), Just("\u{1f50a}\u{010a}\n")],
    ) {
        let units = (WINDOW as i64 / 2 + near) as usize / stuff.encode_utf16().count();
        let text = format!("{}\nf('{VALUE}')\n{}\npassword = \"{OTHER}\"\n", stuff.repeat(units), stuff.repeat(units));
        let line = |of: &str| text[..text.find(of).unwrap()].matches('\n').count() + 1;
        let guard = guard();
        prop_assert_eq!(
            found(&guard, &wide(&text, little)),
            [(line(VALUE), "known-value"), (line(OTHER), "generic-secret")]
        );
    }
}

#[test]
fn two_values_on_one_line_are_two_findings() {
    let text = format!("a = {{\"password\": \"{OTHER}\", \"password\": \"cP9oI5tR3mUx7YhN1gFk4WqA\"}}\n");
    assert_eq!(found(&guard(), text.as_bytes()), [(1, "generic-secret"); 2]);
    let same = format!("a = {{\"password\": \"{OTHER}\", \"password\": \"{OTHER}\"}}\n");
    assert_eq!(found(&guard(), same.as_bytes()), [(1, "generic-secret")]);
}
