//! What a scalar is: text, number, boolean, time or nothing, as the YAML library of sops takes it.
//!
//! That library knows YAML 1.2 and of 1.1 what is still around: octal numbers that start with a zero, underscores
//! between digits, times. A tag counts more than quotes do.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use granit_parser::ScalarStyle;

use crate::sops::number;
use crate::sops::tree::Kind;

/// What a scalar is, and its text as it enters the MAC where that is not the text as it is written.
pub(super) type Typed = (Kind, Option<Vec<u8>>);

/// Go's decoder passes over line breaks.
pub(super) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical)
        .with_decode_allow_trailing_bits(true),
);

/// The type of a scalar; else why sops cannot hold it.
pub(super) fn resolve(text: &str, style: ScalarStyle, tag: Option<&str>) -> Result<Typed, &'static str> {
    let tag = tag.filter(|tag| *tag != "!");
    match tag {
        None if style == ScalarStyle::Plain => plain(text, None),
        None | Some("!!str") => Ok((Kind::Str, None)),
        Some("!!binary") => {
            let packed: Vec<u8> = text.bytes().filter(|b| !matches!(b, b'\r' | b'\n')).collect();
            let bytes = BASE64.decode(packed).map_err(|_| "it is tagged as binary and is not base64")?;
            Ok((Kind::Str, Some(bytes)))
        }
        Some(tag @ ("!!int" | "!!float" | "!!bool" | "!!null" | "!!timestamp")) => {
            let (kind, canonical) = plain(text, Some(tag))?;
            let fits = match tag {
                "!!int" => kind == Kind::Int,
                "!!float" if kind == Kind::Int => {
                    let number = canonical.as_deref().and_then(|text| std::str::from_utf8(text).ok());
                    return number.and_then(float).ok_or("its tag does not fit it");
                }
                "!!float" => kind == Kind::Float,
                "!!bool" => kind == Kind::Bool,
                "!!null" => kind == Kind::Null,
                _ => kind == Kind::Time,
            };
            if fits { Ok((kind, canonical)) } else { Err("its tag does not fit it") }
        }
        // a tag of somebody's own leaves a text
        Some(_) => Ok((Kind::Str, None)),
    }
}

/// Whether a text that stands without quotes would be that text.
pub(super) fn is_text(text: &str) -> bool {
    matches!(plain(text, None), Ok((Kind::Str, None)))
}

fn plain(text: &str, tag: Option<&str>) -> Result<Typed, &'static str> {
    let bool = |said: &str| Ok((Kind::Bool, Some(said.as_bytes().to_vec())));
    let special = |said: &str| Ok((Kind::Float, Some(said.as_bytes().to_vec())));
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok((Kind::Null, None)),
        "true" | "True" | "TRUE" => return bool("True"),
        "false" | "False" | "FALSE" => return bool("False"),
        ".nan" | ".NaN" | ".NAN" => return special("NaN"),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return special("+Inf"),
        "-.inf" | "-.Inf" | "-.INF" => return special("-Inf"),
        _ => {}
    }
    match text.as_bytes()[0] {
        b'.' => Ok(digits_float(text).and_then(float).unwrap_or((Kind::Str, None))),
        b'0'..=b'9' | b'+' | b'-' => {
            if tag.is_none_or(|tag| tag == "!!timestamp")
                && let Some(time) = time(text)
            {
                return Ok((Kind::Time, Some(time.into_bytes())));
            }
            number(text)
        }
        _ => Ok((Kind::Str, None)),
    }
}

fn number(text: &str) -> Result<Typed, &'static str> {
    let text = text.replace('_', "");
    let (sign, digits) = match text.as_bytes().first() {
        Some(b'-') => ("-", &text[1..]),
        Some(b'+') => ("", &text[1..]),
        _ => ("", &text[..]),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    let is_number = !digits.is_empty() && digits.bytes().all(|b| (b as char).is_digit(radix));
    if is_number && let Ok(n) = i128::from_str_radix(&format!("{sign}{digits}"), radix) {
        if let Ok(n) = i64::try_from(n) {
            return Ok((Kind::Int, Some(n.to_string().into_bytes())));
        }
        // sops reads such a number and then cannot hold it
        if u64::try_from(n).is_ok() && !text.starts_with('+') {
            return Err("the number is too large for sops; put it in quotes");
        }
    }
    Ok(digits_float(&text).and_then(float).unwrap_or((Kind::Str, None)))
}

/// The text, if it has the form of a decimal number.
fn digits_float(text: &str) -> Option<&str> {
    let rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (body, exponent) = rest.split_once(['e', 'E']).map_or((rest, None), |(b, e)| (b, Some(e)));
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let (whole, part) = body.split_once('.').unwrap_or((body, ""));
    let exponent_fits = exponent.is_none_or(|e| {
        let e = e.strip_prefix(['-', '+']).unwrap_or(e);
        !e.is_empty() && all_digits(e)
    });
    let fits = all_digits(whole) && all_digits(part) && (!whole.is_empty() || !part.is_empty());
    (fits && exponent_fits).then_some(text)
}

fn float(text: &str) -> Option<Typed> {
    let value: f64 = text.parse().ok()?;
    let (_, hashed) = number::float(text)?;
    value.is_finite().then(|| (Kind::Float, Some(hashed.into_bytes())))
}

/// A time as RFC 3339, with as many digits of a second as it needs.
fn time(text: &str) -> Option<String> {
    let mut rest = text;
    let year = digits(&mut rest, 4, 4)?;
    rest = rest.strip_prefix('-')?;
    let month = digits(&mut rest, 1, 2)?;
    rest = rest.strip_prefix('-')?;
    let day = digits(&mut rest, 1, 2)?;
    let date = format!("{year:04}-{month:02}-{day:02}");
    let _: jiff::civil::Date = date.parse().ok()?;
    if rest.is_empty() {
        return Some(format!("{date}T00:00:00Z"));
    }
    let zoned = matches!(rest.as_bytes()[0], b'T' | b't');
    rest = rest.strip_prefix(if zoned { &['T', 't'][..] } else { &[' '][..] })?;
    let hour = digits(&mut rest, 1, 2).filter(|n| *n < 24)?;
    rest = rest.strip_prefix(':')?;
    let minute = digits(&mut rest, 1, 2).filter(|n| *n < 60)?;
    rest = rest.strip_prefix(':')?;
    let second = digits(&mut rest, 1, 2).filter(|n| *n < 60)?;
    let mut fraction = String::new();
    if let Some(after) = rest.strip_prefix(['.', ',']) {
        let count = after.bytes().take_while(u8::is_ascii_digit).count();
        let kept = after.get(..count).filter(|d| (1..=9).contains(&d.len()))?;
        rest = &after[count..];
        let kept = kept.trim_end_matches('0');
        fraction = if kept.is_empty() { String::new() } else { format!(".{kept}") };
    }
    let offset = if zoned { offset(rest)? } else { rest.is_empty().then(|| "Z".to_owned())? };
    Some(format!("{date}T{hour:02}:{minute:02}:{second:02}{fraction}{offset}"))
}

fn offset(text: &str) -> Option<String> {
    if text == "Z" {
        return Some("Z".into());
    }
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let is_two = |t: &str| t.len() == 2 && t.bytes().all(|b| b.is_ascii_digit());
    let fits = matches!(text.as_bytes()[0], b'+' | b'-') && is_two(hours) && is_two(minutes);
    if !fits || hours.parse::<u8>().ok()? > 23 || minutes.parse::<u8>().ok()? > 59 {
        return None;
    }
    Some(if hours == "00" && minutes == "00" { "Z".into() } else { text.to_owned() })
}

fn digits(rest: &mut &str, least: usize, most: usize) -> Option<u32> {
    let count = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
    let number = rest.get(..count).filter(|_| count >= least)?.parse().ok()?;
    *rest = &rest[count..];
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> (Kind, String) {
        let (kind, canonical) = resolve(text, ScalarStyle::Plain, None).unwrap();
        (kind, canonical.map_or(text.to_owned(), |c| String::from_utf8(c).unwrap()))
    }

    #[test]
    fn plain_scalars_are_what_go_takes_them_for() {
        for (text, kind, canonical) in [
            ("12", Kind::Int, "12"),
            ("+12", Kind::Int, "12"),
            ("-0x1F", Kind::Int, "-31"),
            ("0o17", Kind::Int, "15"),
            ("017", Kind::Int, "15"),
            ("0b101", Kind::Int, "5"),
            ("1_000", Kind::Int, "1000"),
            ("08", Kind::Float, "8"),
            ("99999999999999999999", Kind::Float, "100000000000000000000"),
            ("1e3", Kind::Float, "1000"),
            (".5", Kind::Float, "0.5"),
            ("1.", Kind::Float, "1"),
            ("1e400", Kind::Str, "1e400"),
            ("-.inf", Kind::Float, "-Inf"),
            ("yes", Kind::Str, "yes"),
            ("TRUE", Kind::Bool, "True"),
            ("~", Kind::Null, "~"),
            ("2020-1-2", Kind::Time, "2020-01-02T00:00:00Z"),
            ("2020-01-02 3:4:5.60", Kind::Time, "2020-01-02T03:04:05.6Z"),
            ("2020-01-02T03:04:05+02:00", Kind::Time, "2020-01-02T03:04:05+02:00"),
            ("2020-01-02T03:04:05", Kind::Str, "2020-01-02T03:04:05"),
            ("2020-02-30", Kind::Str, "2020-02-30"),
            ("1:20", Kind::Str, "1:20"),
            ("<<", Kind::Str, "<<"),
            (".", Kind::Str, "."),
            ("-", Kind::Str, "-"),
        ] {
            assert_eq!(said(text), (kind, canonical.to_owned()), "{text}");
        }
        assert!(resolve("18446744073709551615", ScalarStyle::Plain, None).is_err());
    }

    #[test]
    fn a_tag_counts_more_than_quotes() {
        let quoted = ScalarStyle::DoubleQuoted;
        assert_eq!(resolve("12", quoted, None).unwrap().0, Kind::Str);
        assert_eq!(resolve("12", quoted, Some("!!int")).unwrap().0, Kind::Int);
        assert_eq!(resolve("12", ScalarStyle::Plain, Some("!!str")).unwrap().0, Kind::Str);
        assert_eq!(resolve("3", ScalarStyle::Plain, Some("!!float")).unwrap().0, Kind::Float);
        assert_eq!(resolve("12", ScalarStyle::Plain, Some("!own")).unwrap().0, Kind::Str);
        assert_eq!(resolve("aG\nk=", quoted, Some("!!binary")).unwrap().1.unwrap(), b"hi");
        assert!(resolve("abc", ScalarStyle::Plain, Some("!!int")).is_err());
    }
}
