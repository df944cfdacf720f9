//! The text of an env file for given readers, by trial: forms of quoting, the simplest first, and the first that all of
//! them read as exactly the value. A form is tried alone and with quotes on the lines below it, so that one which reaches
//! into what follows is not taken; and the whole text is read back at the end.

use super::fault::{self, shown};
use super::{Dialect, Pair};
use crate::error::{Error, Result};
use crate::secret::SecretValue;

/// A way to write a value: the quote around it, and what stands for single bytes.
struct Form {
    quote: &'static [u8],
    escapes: &'static [(u8, &'static [u8])],
}

/// The simplest first. Each is what some reader needs: which, its file says.
const FORMS: [Form; 14] = [
    Form { quote: b"", escapes: &[] },
    Form { quote: b"'", escapes: &[] },
    Form { quote: b"\"", escapes: &[] },
    Form { quote: b"`", escapes: &[] },
    Form { quote: b"'", escapes: &[(b'\'', br"'\''")] },
    Form { quote: b"'", escapes: &[(b'\'', br"\'")] },
    Form { quote: b"'", escapes: &[(b'\'', br"\'"), (b'\\', br"\\")] },
    Form { quote: b"\"", escapes: &[(b'"', br#"\""#)] },
    Form { quote: b"\"", escapes: &[(b'"', br#"\""#), (b'\\', br"\\")] },
    Form { quote: b"\"", escapes: &[(b'"', br#"\""#), (b'\\', br"\\"), (b'\n', br"\n"), (b'\r', br"\r")] },
    Form { quote: b"\"", escapes: &[(b'"', br#"\""#), (b'\\', br"\\"), (b'$', br"\$")] },
    Form {
        quote: b"\"",
        escapes: &[(b'"', br#"\""#), (b'\\', br"\\"), (b'$', br"\$"), (b'\n', br"\n"), (b'\r', br"\r")],
    },
    Form { quote: b"\"", escapes: &[(b'"', br#"\""#), (b'\\', br"\\"), (b'$', br"\$"), (b'`', br"\`")] },
    Form { quote: b"\"", escapes: &[(b'\n', br"\n"), (b'\r', br"\r")] },
];

/// Lines that an unclosed quote would reach into: four of them.
fn below(reader: Dialect) -> &'static [u8] {
    match reader {
        // it takes a quote for open only if one at the end of a line closes it
        Dialect::NodeDotenv => b"Z1=z'\nZ2=z\"\nZ3=z`\nZ4=z'\n",
        _ => b"Z1=\"z\"\nZ2='z'\nZ3=\"z\"\nZ4='z'\n",
    }
}

/// The text of an env file from which each of the readers reads exactly these values, or an error that names the key and
/// the character that one of them would change, never the value. Of a name that comes twice the last value is written,
/// and only that one: readers differ in which they take.
///
/// For a shell alone the lines begin with `export`, so that they do the same in a file and in `eval`.
pub fn render<'a>(
    readers: &[Dialect],
    entries: impl Iterator<Item = (&'a [u8], &'a SecretValue)>,
) -> Result<SecretValue> {
    let mut last: Vec<(&[u8], &SecretValue)> = Vec::new();
    let mut seen = std::collections::HashMap::new();
    for (name, value) in entries {
        match seen.get(name) {
            Some(at) => last[*at] = (name, value),
            None => {
                seen.insert(name, last.len());
                last.push((name, value));
            }
        }
    }
    let mut lines = Vec::with_capacity(last.len());
    for (name, value) in &last {
        lines.push(line(readers, name, value).ok_or_else(|| refusal(readers, name, value))?);
    }
    let parts: Vec<&[u8]> = lines.iter().map(SecretValue::expose).collect();
    let text = SecretValue::concat(&parts);
    match readers.iter().find(|reader| !reads(**reader, &text, &last)) {
        Some(reader) => Err(Error::failed(format!("{reader} would not read the lines as they are meant"))
            .hint("render fewer keys, or for one reader alone")),
        None => Ok(text),
    }
}

/// The line for one value, if there is one.
pub(super) fn line(readers: &[Dialect], name: &[u8], value: &SecretValue) -> Option<SecretValue> {
    let exported: &[u8] = if readers == [Dialect::Shell] { b"export " } else { b"" };
    // a NUL ends a value in every environment
    if value.expose().contains(&0) || name.contains(&b'\n') {
        return None;
    }
    FORMS.iter().find_map(|form| {
        let line = form.write(exported, name, value);
        readers.iter().all(|reader| alone_and_above(*reader, name, value, &line)).then_some(line)
    })
}

impl Form {
    fn write(&self, before: &[u8], name: &[u8], value: &SecretValue) -> SecretValue {
        let mut parts: Vec<&[u8]> = vec![before, name, b"=", self.quote];
        let mut rest = value.expose();
        let escape = |b: u8| self.escapes.iter().find(|(byte, _)| *byte == b);
        while let Some(at) = rest.iter().position(|b| escape(*b).is_some()) {
            parts.push(&rest[..at]);
            parts.extend(escape(rest[at]).map(|(_, instead)| *instead));
            rest = &rest[at + 1..];
        }
        parts.extend([rest, self.quote, b"\n"]);
        SecretValue::concat(&parts)
    }
}

fn alone_and_above(reader: Dialect, name: &[u8], value: &SecretValue, line: &SecretValue) -> bool {
    let is = |pair: Option<&Pair>| pair.is_some_and(|(n, v)| n == name && v.same_as(value));
    let alone = reader.read(line.expose());
    let above = || reader.read(SecretValue::concat(&[line.expose(), below(reader)]).expose());
    alone.is_ok_and(|pairs| pairs.len() == 1 && is(pairs.first()))
        && above().is_ok_and(|pairs| pairs.len() == 5 && is(pairs.first()))
}

/// Whether the text is read as exactly these values, in this order.
fn reads(reader: Dialect, text: &SecretValue, entries: &[(&[u8], &SecretValue)]) -> bool {
    reader.read(text.expose()).is_ok_and(|pairs| {
        pairs.len() == entries.len()
            && pairs.iter().zip(entries).all(|((n, v), (name, value))| n == name && v.same_as(value))
    })
}

fn refusal(readers: &[Dialect], name: &[u8], value: &SecretValue) -> Error {
    let key = shown(name);
    let single = readers.iter().find(|reader| line(&[**reader], name, value).is_none());
    if let Some(reader) = single {
        let what = fault::blame(name, value, |name, value| line(&[*reader], name, value).is_some());
        return Error::failed(format!("{reader} cannot read the value of {key} from any text: {what}"))
            .hint("hand it over in the environment with `reseal exec`");
    }
    let what = fault::blame(name, value, |name, value| line(readers, name, value).is_some());
    let all: Vec<String> = readers.iter().map(ToString::to_string).collect();
    Error::failed(format!("there is no text that {} read alike for {key}: {what}", all.join(", ")))
        .hint("write one text for each of them: `reseal export --format`")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Strategy, any, prop_assert, proptest};

    use super::*;

    fn value(bytes: &[u8]) -> SecretValue {
        SecretValue::new(bytes.to_vec())
    }

    fn text(readers: &[Dialect], entries: &[(&str, &str)]) -> Result<String> {
        let values: Vec<SecretValue> = entries.iter().map(|(_, v)| value(v.as_bytes())).collect();
        let text = render(readers, entries.iter().map(|(n, _)| n.as_bytes()).zip(&values))?;
        Ok(text.expose_str().unwrap().to_owned())
    }

    /// Bytes that some reader minds, more often than others.
    fn nasty() -> impl Strategy<Value = Vec<u8>> {
        let mind = b"$#'\"\\ \t\r\n=!`{}~%&;:an0\xff\xc2\xa0";
        let byte = (any::<u8>(), 0..mind.len(), any::<bool>())
            .prop_map(move |(any, at, minded)| if minded { mind[at] } else { any.max(1) });
        proptest::collection::vec(byte, 0..12)
    }

    proptest! {
        /// What render gives is read back: by each reader alone, by all that share a `.env`, with other lines around it.
        #[test]
        fn what_is_rendered_is_read(values in proptest::collection::vec(nasty(), 1..6)) {
            let sets = Dialect::ALL.map(|d| vec![d]).into_iter().chain([Dialect::PORTABLE.to_vec()]);
            for readers in sets {
                let kept: Vec<SecretValue> = values.iter().map(|v| value(v))
                    .filter(|v| line(&readers, b"A", v).is_some()).collect();
                let names: Vec<String> = (0..kept.len()).map(|n| format!("N{n}")).collect();
                let text = render(&readers, names.iter().map(String::as_bytes).zip(&kept)).unwrap();
                for reader in &readers {
                    let read = reader.read(text.expose()).unwrap();
                    prop_assert!(read.iter().map(|(_, v)| v.expose()).eq(kept.iter().map(SecretValue::expose)));
                }
            }
        }

        /// Readers that carry everything, or every text that is UTF-8.
        #[test]
        fn what_can_be_carried_is_not_refused(bytes in nasty()) {
            prop_assert!(line(&[Dialect::Shell], b"A", &value(&bytes)).is_some());
            if let Ok(text) = String::from_utf8(bytes) {
                for reader in [Dialect::ComposeV2, Dialect::Dotenvy, Dialect::Systemd] {
                    prop_assert!(line(&[reader], b"A", &value(text.as_bytes())).is_some(), "{}", reader);
                }
            }
        }
    }

    #[test]
    fn the_simplest_form_is_taken() {
        let entries = [("A", "plain-1.5"), ("B", "a$b"), ("C", "it's"), ("D", "1\n2")];
        assert_eq!(
            text(&Dialect::PORTABLE, &entries).unwrap(),
            "A=plain-1.5\nB='a$b'\nC=\"it's\"\nD='1\n2'\n"
        );
        assert_eq!(text(&[Dialect::Shell], &entries[1..3]).unwrap(), "export B='a$b'\nexport C=\"it's\"\n");
        assert_eq!(text(&[Dialect::Docker], &entries[1..3]).unwrap(), "B=a$b\nC=it's\n");
    }

    #[test]
    fn of_a_name_that_comes_twice_the_last_value_is_written() {
        assert_eq!(text(&Dialect::PORTABLE, &[("A", "1"), ("B", "2"), ("A", "3")]).unwrap(), "A=3\nB=2\n");
    }

    #[test]
    fn a_refusal_names_key_reader_and_character_and_no_value() {
        for (readers, bad, said) in [
            (
                &[Dialect::Docker][..],
                "hidden\nhidden",
                "docker --env-file cannot read the value of \"K\" from any text: a line feed",
            ),
            (
                &[Dialect::Docker],
                "hidden\r",
                "docker --env-file cannot read the value of \"K\" from any text: a carriage return at the end",
            ),
            (
                &[Dialect::PythonDotenv],
                "hidden${x}",
                "python-dotenv cannot read the value of \"K\" from any text: a `$`",
            ),
            (
                &[Dialect::NodeDotenv],
                "'\"` #hidden",
                "dotenv of node cannot read the value of \"K\" from any text: a `'` at the start",
            ),
            (
                &[Dialect::ComposeV1, Dialect::Shell],
                "hidden's \"$x\"",
                "there is no text that docker-compose 1, a shell read alike for \"K\": a `$`",
            ),
        ] {
            let error = text(readers, &[("OK", "1"), ("K", bad)]).unwrap_err();
            assert_eq!(error.to_string(), said);
        }
        let bytes = value(b"hidden\xfe");
        let error = render(&[Dialect::ComposeV2], [(b"K".as_slice(), &bytes)].into_iter()).err().unwrap();
        assert!(error.to_string().ends_with(": byte 0xfe"), "{error}");
        let error = text(&[Dialect::Shell], &[("A-B", "1")]).unwrap_err().to_string();
        assert_eq!(error, "a shell cannot read the value of \"A-B\" from any text: its name");
    }
}
